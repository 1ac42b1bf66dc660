/** Short messages for screen readers; the layout holds the live region that speaks them. */
class Announcer {
	text = $state('');

	say(text: string): void {
		// The same words twice are only spoken again when the region was empty in between.
		this.text = '';
		queueMicrotask(() => {
			this.text = text;
		});
	}
}

export const announcer = new Announcer();
