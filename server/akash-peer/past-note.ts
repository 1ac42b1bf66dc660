/** A note of the past; lists of them begin with the oldest. */
export interface PastNote {
	readonly content: string;
	/** Hashtags (`t` tags), lower case. */
	readonly topics?: readonly string[];
	/** A name by which later notes of the list answer this one. */
	readonly key?: string;
	readonly replyTo?: string;
}
