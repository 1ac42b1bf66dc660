/** Steps of a history that is played to a model and to the real thing, which must say the same after each. */
import type fc from 'fast-check';

export type ModelStep<Model extends object, Real> = (
	name: string,
	run: (model: Model, real: Real) => void
) => fc.Command<Model, Real>;

/** `compare` throws where the two differ. */
export const createModelStep =
	<Model extends object, Real>(compare: (model: Model, real: Real) => void): ModelStep<Model, Real> =>
	(name, run) => ({
		check: () => true,
		run: (model, real) => {
			run(model, real);
			compare(model, real);
		},
		toString: () => name
	});
