/** Shorthands for the protocol data of BTP messages (codec/btp.ts). */
import { utf8, utf8Decode } from '../bytes.ts';
import { BTP_CONTENT_TYPES, type ProtocolData } from '../codec/btp.ts';
import { err } from '../result.ts';
import type { BtpRefusal } from './btp-connection.ts';

export const octets = (protocolName: string, data: Uint8Array): ProtocolData => ({
	protocolName,
	contentType: BTP_CONTENT_TYPES.octetStream,
	data
});

export const text = (protocolName: string, value: string): ProtocolData => ({
	protocolName,
	contentType: BTP_CONTENT_TYPES.text,
	data: utf8(value)
});

/** The data of the entry of that name; `undefined` when there is none. */
export const find = (data: readonly ProtocolData[], name: string): Uint8Array | undefined =>
	data.find((entry) => entry.protocolName === name)?.data;

/** The same as text; `undefined` also when it is no UTF-8. */
export const findText = (data: readonly ProtocolData[], name: string): string | undefined => {
	const bytes = find(data, name);
	return bytes && utf8Decode(bytes);
};

/** The answer to a message that is not taken; `close`: and the end of the connection. */
export const refusal = (
	code: BtpRefusal['code'],
	reason: string,
	close = false
): { ok: false; error: BtpRefusal } => err({ code, text: reason, close });
