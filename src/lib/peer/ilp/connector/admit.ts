import type { IlpReject } from '../../codec/ilp.ts';
import type { Until } from '../../storage/commit.ts';
import type { Rejects } from '../rejects.ts';
import type { ConnectorDeps } from './deps.ts';

/** Decides about a new packet. When that cannot be written (a full disk), nothing has moved and T00 says so. */
export type Admit = <T>(work: () => T, until?: Until | ((answer: T) => Until)) => Promise<T | IlpReject>;

export const createAdmit =
	({ platform: { log }, commits }: Pick<ConnectorDeps, 'platform' | 'commits'>, { reject }: Rejects): Admit =>
	(work, until) =>
		commits.run(work, until).catch((error: unknown) => {
			log('error', 'a packet could not be taken on', { error: String(error) });
			return reject('T00', 'this node cannot take anything on');
		});
