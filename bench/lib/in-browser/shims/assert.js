/** Node's assert for a worker, as much of it as the reference client's packages use. */
const assert = (isTrue, message) => {
	if (!isTrue) throw new Error(message);
};
assert.ok = assert;
assert.strictEqual = assert.equal = (a, b, message) => assert(a === b, message ?? `${a} is not ${b}`);

export default assert;
