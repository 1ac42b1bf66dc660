/**
 * How a decoder gives up on a field from deep within: {@link refuse} raises, {@link readFields} at its door turns that
 * into a value. Nothing of it is seen outside.
 */
import { err, ok, type Result } from '../result.ts';

class Refused {
	readonly field: string;
	constructor(field: string) {
		this.field = field;
	}
}

/** The field cannot be what it should be. Only inside {@link readFields}. */
export const refuse = (field: string): never => {
	// eslint-disable-next-line @typescript-eslint/only-throw-error
	throw new Refused(field);
};

/** What `read` makes, or the name of the field it refused. */
export const readFields = <T>(read: () => T): Result<T, string> => {
	try {
		return ok(read());
	} catch (thrown) {
		if (thrown instanceof Refused) return err(thrown.field);
		throw thrown;
	}
};
