/**
 * The time as templates read it. Two paces, so that a countdown moves each second and a long list of
 * "2 min ago" does not. Both stand still while the page is hidden.
 */
class Clock {
	/** Unix milliseconds, once a second. */
	second = $state(Date.now());
	/** Unix milliseconds, every fifteen seconds. */
	minute = $state(Date.now());

	/** Answers how to stop it. */
	start(): () => void {
		let beats = 0;
		const beat = (): void => {
			if (document.hidden) return;
			this.second = Date.now();
			if (beats++ % 15 === 0) this.minute = this.second;
		};
		const now = (): void => {
			beats = 0;
			beat();
		};
		const timer = setInterval(beat, 1_000);
		document.addEventListener('visibilitychange', now);
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', now);
		};
	}
}

export const clock = new Clock();
