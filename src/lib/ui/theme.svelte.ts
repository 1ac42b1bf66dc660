/** Light, dark or as the system says. app.html applies a stored choice before the first paint. */
import { readSite, writeSite } from './site-storage.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'tributary.theme';

const stored = (): Theme => {
	const value = readSite(KEY);
	return value === 'light' || value === 'dark' ? value : 'system';
};

class ThemeChoice {
	current = $state<Theme>(stored());

	choose(theme: Theme): void {
		this.current = theme;
		if (theme === 'system') delete document.documentElement.dataset['theme'];
		else document.documentElement.dataset['theme'] = theme;
		writeSite(KEY, theme === 'system' ? undefined : theme);
	}
}

export const theme = new ThemeChoice();
