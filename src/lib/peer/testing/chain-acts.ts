/**
 * Whoever acts on a chain and keeps no books: a person's wallet, or a test. Signs, hands in and waits for the
 * block. A node writes down what it signs before it hands it in (channel/transactions.ts).
 */
import type { Hex } from '../bytes.ts';
import { err, ok, type Result } from '../result.ts';
import type {
	Address,
	ChainAct,
	ChainError,
	ChainPort,
	ChannelKey,
	FundingAuthorization,
	SignedClaim,
	SignedClose
} from '../settlement/chain.ts';

type Done = Promise<Result<{ readonly transaction: Hex }, ChainError>>;

/** Sends acts from the port's account. Several may be under way; they get their numbers one after the other. */
export interface ChainActs {
	act(act: ChainAct): Done;
	open(key: ChannelKey, amount: bigint): Done;
	topUp(key: ChannelKey, amount: bigint): Done;
	fund(funding: FundingAuthorization): Done;
	redeem(claims: readonly SignedClaim[]): Done;
	close(close: SignedClose, claim?: SignedClaim): Done;
	requestClose(key: ChannelKey): Done;
	withdraw(key: ChannelKey): Done;
	transfer(to: Address, amount: bigint): Done;
}

const LOOK_EVERY_MS = 50;
const LOOKS = 1_200;
const NUMBER_TRIES = 8;

export const createChainActs = (port: ChainPort, wait: (ms: number) => Promise<void>): ChainActs => {
	let turn: Promise<unknown> = Promise.resolve();
	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const mine = turn.then(work, work);
		turn = mine.catch(() => undefined);
		return mine;
	};
	let nextNonce = 0;

	const handIn = async (act: ChainAct, triesLeft = NUMBER_TRIES): ReturnType<ChainPort['prepare']> => {
		const signed = await port.prepare(act, nextNonce);
		if (!signed.ok) return signed;
		const sent = await port.broadcast(signed.value.raw);
		if (!sent.ok && sent.error.type === 'NumberTaken' && triesLeft > 1) return handIn(act, triesLeft - 1);
		if (!sent.ok && sent.error.type !== 'ChainUnreachable') return sent;
		nextNonce = signed.value.nonce + 1;
		if (!signed.value.isPreliminary) return signed;
		const first = await mined(signed.value);
		return first.ok ? handIn(act) : first;
	};

	const mined = async ({ raw, hash, nonce }: { raw: Hex; hash: Hex; nonce: number }): Done => {
		for (let looks = 1; looks <= LOOKS; looks += 1) {
			const fate = await port.fate({ hashes: [hash], nonce });
			if (fate.ok && fate.value.type === 'mined') return ok({ transaction: hash });
			if (fate.ok && fate.value.type === 'reverted')
				return err({ type: 'TransactionRefused', reason: fate.value.reason });
			if (looks % 20 === 0) await port.broadcast(raw);
			await wait(LOOK_EVERY_MS);
		}
		return err({ type: 'ChainUnreachable', reason: 'not mined' });
	};

	const act = async (wanted: ChainAct): Done => {
		// What needs an allowance holds up the others until it has used it, or they would use it.
		const isFunding = wanted.type === 'open' || wanted.type === 'topUp';
		const sent = await inTurn(async () => {
			const handed = await handIn(wanted);
			if (handed.ok && isFunding) await mined(handed.value);
			return handed;
		});
		return sent.ok ? mined(sent.value) : sent;
	};

	return {
		act,
		open: (key, amount) => act({ type: 'open', key, amount }),
		topUp: (key, amount) => act({ type: 'topUp', key, amount }),
		fund: (funding) => act({ type: 'fund', funding }),
		redeem: (claims) => act({ type: 'redeem', claims }),
		close: (close, claim) => act({ type: 'close', close, claim }),
		requestClose: (key) => act({ type: 'requestClose', key }),
		withdraw: (key) => act({ type: 'withdraw', key }),
		transfer: (to, amount) => act({ type: 'transfer', to, amount })
	};
};
