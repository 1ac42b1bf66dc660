/**
 * An event that somebody brings along: taken into the store if it is whole, wanted (`mayStore`) and paid for, and
 * answered with OK. Money that nothing was asked for goes back.
 */
import { NOTICE_CODES, type EventFrame, type OkFrame } from '../codec/frames.ts';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import type { EventStore, PutOutcome } from '../events/store.ts';
import type { EventError } from '../events/verify.ts';
import type { Clock } from '../platform.ts';
import type { Result } from '../result.ts';
import type { Answer, SessionRequest } from '../stream/session.ts';
import { notice } from './notice.ts';

export interface StoringDependencies {
	readonly clock: Clock;
	readonly store: EventStore;
	/** Whether a stranger's event is taken in, and what for. `text` has a NIP-01 prefix. */
	readonly mayStore: (event: VerifiedEvent, from: StoreRequest) => StorePolicy;
	/** A stranger's event is in the store, on disk. */
	readonly onStored: (event: VerifiedEvent) => void;
}

export interface StoreRequest {
	/** Device key of the neighbour it came by, hex. */
	readonly link: string;
	readonly arrived: bigint;
}

export type StorePolicy =
	{ readonly accept: true; readonly price: bigint } | { readonly accept: false; readonly text: string };

/** `verified`: undefined when the frame holds no whole event. Runs in a transaction. */
export type AnswerEvent = (
	request: SessionRequest,
	frame: EventFrame,
	verified: Result<VerifiedEvent, EventError> | undefined
) => Answer;

const PUT_TEXTS: Readonly<
	Record<PutOutcome['result'], { readonly accepted: boolean; readonly text: string }>
> = {
	stored: { accepted: true, text: '' },
	replaced: { accepted: true, text: '' },
	duplicate: { accepted: true, text: 'duplicate: already here' },
	superseded: { accepted: true, text: 'duplicate: a newer version is here' },
	deleted: { accepted: false, text: 'blocked: its author deleted it' },
	expired: { accepted: false, text: 'invalid: expired' },
	ephemeral: { accepted: false, text: 'mute: nobody listened' }
};

export const createStoring =
	({ clock, store, mayStore, onStored }: StoringDependencies): AnswerEvent =>
	({ arrived, session, short }, { requestId, event: sent }, verified) => {
		const eventId = sent?.id ?? '0'.repeat(64);
		const answer = (accepted: boolean, text: string): OkFrame => ({
			type: 'OK',
			requestId,
			eventId,
			accepted,
			text
		});
		if (!verified) return { accept: false, frames: [answer(false, 'invalid: no whole event')] };
		if (!verified.ok) return { accept: false, frames: [answer(false, `invalid: ${verified.error.type}`)] };
		const event = verified.value;
		const now = clock.now();
		// Free, and money sent along goes back.
		if (store.get(event.id, now))
			return { accept: arrived === 0n, frames: [answer(true, PUT_TEXTS.duplicate.text)] };
		const policy = mayStore(event, { link: session.link, arrived });
		if (!policy.accept) return { accept: false, frames: [answer(false, policy.text)] };
		if (arrived < policy.price || short)
			return {
				accept: false,
				frames: [
					answer(false, `restricted: storing costs ${policy.price}`),
					notice(requestId, NOTICE_CODES.price, `costs ${policy.price}`, { amount: arrived })
				]
			};
		const { result } = store.put(event, now);
		const { accepted, text } = PUT_TEXTS[result];
		const stored = result === 'stored' || result === 'replaced';
		if (!stored) return { accept: accepted && arrived === 0n, frames: [answer(accepted, text)] };
		return { accept: true, frames: [answer(true, text)], afterwards: () => onStored(event) };
	};
