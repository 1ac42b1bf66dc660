/** Hands a text to the browser's downloads. */
export const saveFile = (name: string, text: string, type = 'text/plain'): void => {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
};
