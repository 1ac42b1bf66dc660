/** Why a question was not answered, as a frame. */
import type { NoticeFrame } from '../codec/frames.ts';

export const notice = (
	requestId: number,
	code: string,
	text: string,
	rest: Partial<Pick<NoticeFrame, 'ids' | 'amount'>> = {}
): NoticeFrame => ({ type: 'NOTICE', requestId, code, text, ...rest });
