/** What a person should know until its cause is gone: the newest of each kind of trouble, newest first. */
import type { Notice } from './api.ts';
import type { PeerError } from './errors.ts';
import type { Clock } from './platform.ts';

export interface Notices {
	/** Takes the place of an older one of the same type. */
	add(error: PeerError): void;
	/** Its cause is gone. */
	clear(type: PeerError['type']): void;
	all(): readonly Notice[];
}

const NOTICES_KEPT = 20;

export const createNotices = (clock: Clock, onChange: () => void): Notices => {
	let number = 0;
	let list: readonly Notice[] = [];
	return {
		add: (error) => {
			const others = list.filter((notice) => notice.error.type !== error.type);
			list = [{ id: `${++number}`, at: clock.now(), error }, ...others].slice(0, NOTICES_KEPT);
			onChange();
		},
		clear: (type) => {
			const kept = list.filter((notice) => notice.error.type !== type);
			if (kept.length === list.length) return;
			list = kept;
			onChange();
		},
		all: () => list
	};
};
