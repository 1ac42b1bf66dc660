/**
 * Every word the app shows, in one place, so that it can be read as one text and translated as one
 * file. Components hold no sentences. What varies is a function, so word order stays a translator's
 * choice; plurals go through `Intl.PluralRules`.
 *
 * The voice: short, plain, in the present; money is always named by where it is ("in your wallet",
 * "in your channel", "held by your hub"), never as one balance.
 */
import { errors } from './errors.en.ts';

export const locale = 'en';

const rules = new Intl.PluralRules(locale);
const number = new Intl.NumberFormat(locale);

/** `one` and `other` are the forms English has; `#` stands for the number. */
const plural = (count: number, one: string, other: string): string =>
	(rules.select(count) === 'one' ? one : other).replace('#', number.format(count));

const links = (count: number): string => plural(count, '# link', '# links');
const notes = (count: number): string => plural(count, '# note', '# notes');

export const strings = {
	app: {
		name: 'Tributary',
		title: (page: string) => `${page} · Tributary`,
		skip: 'Skip to content',
		loading: 'Loading …'
	},
	actions: {
		close: 'Close',
		back: 'Back',
		copy: 'Copy',
		copied: 'Copied',
		dismiss: 'Dismiss',
		save: 'Save',
		saved: 'Saved',
		download: 'Download',
		more: 'Show more',
		details: 'Details'
	},
	nav: {
		label: 'Main',
		feed: 'Feed',
		people: 'People',
		compose: 'Write',
		channels: 'Money',
		activity: 'Activity',
		settings: 'Settings'
	},
	money: {
		minus: '−',
		dollars: (amount: string) => `$${amount}`,
		cents: (amount: string) => `${amount} ¢`,
		exact: (amount: string) => `${amount} USD`,
		free: 'Free',
		wallet: 'In your wallet',
		channel: 'In your channel',
		held: 'Held by your hub',
		invalid: 'Write an amount as a plain number, such as 0.05.'
	},
	time: {
		now: 'now',
		seconds: (count: number) => `${count} s`,
		minutes: (count: number) => `${count} min`,
		hours: (count: number) => `${count} h`,
		days: (count: number) => plural(count, '# day', '# days')
	},
	status: {
		starting: 'Starting',
		restarting: 'Restarting',
		waiting: 'Looking for a hub',
		connecting: 'Connecting',
		online: 'Online',
		offline: 'Offline',
		retryIn: (span: string) => `Offline · retry in ${span}`,
		otherTab: 'Another tab is in charge',
		/** Follows the state in the pill's accessible name: what pressing it shows. */
		label: (notices: number) =>
			notices === 0
				? 'Connection details'
				: `Connection details and ${plural(notices, '# message', '# messages')}`,
		title: 'Connection',
		hub: 'Hub',
		hubUnknown: 'not connected yet',
		address: 'Your address',
		link: 'Link',
		since: 'Since',
		chain: 'Chain',
		chainState: { ok: 'answers', down: 'does not answer', unknown: 'not asked yet' },
		storage: 'Storage',
		otherTabMore:
			'The connection and the money are looked after by another tab of this browser. This one shows the same and can do the same.',
		retry: 'Try now',
		messages: 'Messages',
		noMessages: 'Nothing needs your attention.'
	},
	checklist: {
		title: 'Pay for what you read',
		intro: 'Free notes are below. For all others:',
		progress: (done: number, all: number) => `${done} of ${all} done`,
		connect: 'Connect a wallet',
		connectMore: 'It signs once. Paying for notes never asks it again.',
		fund: 'Put a little money in a channel',
		fundMore: 'It stays yours until a note arrives, and comes back when you close.',
		follow: 'Follow somebody',
		followMore: 'Agree once to a price and a daily limit.',
		done: 'done'
	},
	feed: {
		title: 'Feed',
		list: 'Notes',
		newNotes: (count: number) => plural(count, '# new note', '# new notes'),
		announce: (count: number) => plural(count, '# new note has arrived', '# new notes have arrived'),
		older: 'Older notes',
		emptyTitle: 'Nothing here yet',
		emptyText: 'Free notes appear as soon as your hub is reached. Follow somebody to get theirs.',
		emptyAction: 'Find people',
		own: 'Yours',
		free: 'Free',
		way: (amount: string) => `way ${amount}`,
		links,
		cost: (parts: readonly string[]) => parts.join(' · '),
		costLabel: (cost: string) => `Receipt: ${cost}`,
		earned: (amount: string, readers: number) => `${amount} from ${plural(readers, '# reader', '# readers')}`,
		noReaders: 'No reader has paid yet',
		showAll: 'Show the whole note'
	},
	receipt: {
		title: 'Receipt',
		intro: 'Paid when it arrived, in the same packet.',
		introFree: 'This note was free.',
		introOwn: 'Your own note.',
		sent: 'You sent',
		arrived: 'The author got',
		way: 'The way took',
		links: 'Links to the author',
		linksUnknown: 'not stated',
		author: 'Author',
		received: 'Received',
		written: 'Written',
		event: 'Event',
		earned: 'Readers paid you',
		readers: 'Readers'
	},
	spending: {
		title: 'Spending',
		today: 'Spent today',
		ofLimit: (limit: string) => `of ${limit}`,
		meter: (spent: string, limit: string) => `Spent today: ${spent} of ${limit}`,
		perDay: 'A day costs about',
		inChannel: 'In your channel',
		earnedToday: 'Earned today',
		changeLimit: 'Change the limit',
		following: 'Following',
		followingNone: 'You follow nobody yet.'
	},
	people: {
		title: 'People',
		list: 'People here',
		intro: 'Announced at your hub, and those you follow.',
		paste: 'Public key',
		pasteHint: 'npub1… or 64 hex digits',
		pasteAction: 'Look up',
		pasteInvalid: 'This is not a public key. An npub starts with npub1 and has 63 characters.',
		emptyTitle: 'Nobody is announced here yet',
		emptyText: 'Authors appear as soon as your hub knows them. You can also paste a public key.',
		pick: 'Choose somebody to see their notes and what they cost.',
		price: (price: string) => `${price} a note`,
		free: 'Free to read',
		noPrice: 'No price known',
		links,
		notes,
		follow: 'Follow',
		followName: (name: string) => `Follow ${name}`,
		unfollow: 'Unfollow',
		unfollowName: (name: string) => `Unfollow ${name}`,
		you: 'You',
		back: 'All people',
		about: 'About',
		notesTitle: 'Notes',
		noNotes: 'No note of theirs is here yet.',
		copyKey: 'Copy public key',
		notAnnounced: 'Not announced at your hub'
	},
	follow: {
		title: (name: string) => `Follow ${name}`,
		intro:
			'You pay for a note when it arrives, never before. Stop at any time; there is nothing to get back.',
		priceNow: 'Price now',
		unknownPrice: 'not known yet',
		distance: 'Distance',
		maxPrice: 'Most you pay for a note',
		maxPriceHint: 'A dearer note waits, and you are told.',
		cents: '¢',
		dollars: '$',
		dailyLimit: 'Daily limit for this author',
		dailyLimitHint: (notes: number) => `Enough for about ${plural(notes, '# note', '# notes')} a day.`,
		dailyLimitHintFree: 'Free notes are never counted.',
		allLimit: (limit: string) => `All authors together: ${limit} a day (in Settings).`,
		noChannel: 'You have no open channel. You can follow now; paid notes wait until you put money in.',
		accept: 'Accept and follow',
		status: {
			searching: 'Looking for the author',
			live: 'Live',
			asleep: 'Author is not answering',
			stopped: 'Stopped'
		},
		spentToday: 'Spent today',
		perDay: 'A day',
		upTo: 'Up to',
		waiting: (count: number, cost: string) =>
			`${plural(count, '# new note waits', '# new notes wait')} · ${cost}`,
		change: 'Change terms'
	},
	compose: {
		title: 'Write',
		label: 'Your note',
		placeholder: 'What is worth reading?',
		publishCost: 'Publishing costs you',
		publishFree: 'stored on your own node',
		changePrice: 'Change the price',
		readerPays: 'Each reader pays',
		sample: 'one of your first notes, with which strangers try you; later ones cost your price',
		priceHint:
			'For this and every later note. Readers have agreed to a limit; a higher price may wait for them.',
		send: 'Publish',
		sending: 'Publishing …',
		kept: 'Draft kept on this device',
		length: (count: number) => plural(count, '# character', '# characters'),
		published: 'Published. It is on its way to your readers.',
		publishedOffline: 'Stored. It is offered to your readers as soon as you are online.',
		offline: 'You are offline. The note is stored here and offered when readers come.',
		earnings: 'What your notes earned',
		earningsEmpty:
			'Nothing yet. When a reader gets one of your notes, it is listed here with what it brought.',
		earnedAll: 'Earned so far',
		earnedToday: 'Today',
		readers: (count: number) => plural(count, '# reader', '# readers')
	},
	channels: {
		title: 'Money',
		intro: 'Three places, three figures. They are never added up.',
		walletNone: 'No wallet connected',
		walletMore: 'On the chain, under your own key.',
		channelMore: 'Set aside for reading; the unspent rest is yours.',
		channelNone: 'No open channel',
		heldMore: (limit: string) => `Earned and not cashed out; at most ${limit}.`,
		connect: 'Connect a wallet',
		fund: 'Put money in',
		connectedAs: (name: string, address: string) => `${name} · ${address}`,
		disconnect: 'Disconnect',
		list: 'Channels',
		archived: (count: number) => plural(count, '# past channel', '# past channels'),
		archivedMore: 'Closed, or of an earlier chain. Nothing can be spent from them.',
		emptyTitle: 'No channel yet',
		emptyText: 'A channel to your hub pays for the notes you read. Two dollars last a long time.',
		state: {
			opening: 'Opening',
			open: 'Open',
			low: 'Low',
			closing: 'Closing',
			closingIn: (span: string) => `Closing · ${span}`,
			withdrawable: 'Ready to withdraw',
			closed: 'Closed',
			archived: 'Archived'
		},
		name: (direction: 'out' | 'in', id: string) =>
			direction === 'out' ? `To your hub · ${id}` : `From your hub · ${id}`,
		remaining: 'Left',
		of: (amount: string) => `of ${amount}`,
		meter: (left: string, of: string) => `${left} of ${of} left`,
		claimed: 'Promised to the hub',
		settled: 'Taken on the chain',
		opened: 'Opened',
		payer: 'Paid in by',
		topUp: 'Top up',
		close: 'Close',
		requestClose: 'Ask the chain to close',
		withdraw: 'Withdraw to wallet',
		lowMore: 'Little is left. Top up, or notes will wait.'
	},
	fund: {
		title: 'Put money in your channel',
		topUpTitle: 'Top up your channel',
		steps: 'Steps',
		choose: 'Choose a wallet',
		chooseMore: 'It signs once, pays no network fee, and never sees what you read.',
		searching: 'Looking for wallets …',
		none: 'No wallet was found in this browser. Install one, or open this page in a wallet’s own browser.',
		connectName: (name: string) => `Connect ${name}`,
		connecting: (name: string) => `Waiting for ${name} …`,
		demo: 'Test money only, for this local network',
		remote: 'A wallet on your phone, by a code that it reads',
		pairing: {
			title: 'Read this code with your wallet',
			alt: 'QR code for your wallet',
			asking: 'Asking WalletConnect’s relay …',
			waiting: 'Waiting for your wallet …',
			more: 'In the wallet choose WalletConnect and point the camera here. The code is good for five minutes.',
			here: 'Open a wallet on this device',
			cancel: 'Choose another wallet'
		},
		amount: 'Amount in dollars',
		amountMore: 'Unspent money comes back when you close the channel.',
		presets: 'Usual amounts',
		have: (amount: string) => `Your wallet holds ${amount}.`,
		tooMuch: 'That is more than your wallet holds.',
		tooLittle: 'Write an amount above zero.',
		sign: (amount: string) => `Sign and put ${amount} in`,
		progress: {
			preparing: 'The hub states the terms',
			signing: 'Your wallet signs',
			relaying: 'The hub brings it to the chain',
			done: 'The channel is open'
		},
		done: 'The money is in your channel. Nothing is spent until a note arrives.',
		doneAction: 'Follow somebody'
	},
	close: {
		title: 'Close this channel',
		withHub: (amount: string) =>
			`The hub ends it now. About ${amount} is back in your wallet in a few seconds.`,
		paidStays: 'What you have promised for notes you received stays paid.',
		confirm: 'Close now',
		closing: 'Closing …',
		done: (amount: string) => `Closed. ${amount} is back in your wallet.`,
		withoutHub:
			'Your hub cannot be reached, so the chain does it. Your wallet sends one transaction and pays its network fee. Then the hub has a grace period to hand in its last claim; after that you withdraw the rest.',
		request: 'Ask the chain to close',
		requested: 'Asked. The grace period runs; come back when it is over to withdraw.',
		withdrawn: 'Withdrawn. The unspent deposit is back in your wallet.',
		anyway: 'The hub does not help? Close without it',
		needWallet: 'Connect the wallet that paid in first.',
		sending: 'Waiting for your wallet …'
	},
	cashOut: {
		title: 'Cash out',
		intro: 'Your hub sends what it holds for you to your wallet.',
		held: 'Held by your hub',
		fee: 'Fee of the hub',
		paid: 'You get',
		remainder: 'Stays at the hub',
		remainderMore: 'Less than the smallest unit of the token; it is kept for next time.',
		to: 'To',
		threshold: (amount: string) => `From ${amount} on your hub pays you out by itself.`,
		needWallet: 'Connect a wallet to say where the money goes.',
		nothing: 'Nothing is held for you yet. What readers pay for your notes gathers here.',
		tooSmall: 'What is held does not exceed the fee yet.',
		action: 'Cash out',
		working: 'The hub pays …',
		done: (paid: string, fee: string) => `${paid} is in your wallet; the fee was ${fee}.`
	},
	activity: {
		title: 'Activity',
		intro: 'Every posting in your books. The figures on all other pages come from here.',
		filter: 'Show',
		filters: { all: 'All', reading: 'Reading', earning: 'Earning', moving: 'Moving', routing: 'Passing on' },
		emptyTitle: 'Nothing has moved yet',
		emptyText: 'Each payment, claim and refund is listed here the moment it is booked.',
		emptyFilter: 'Nothing of this kind yet.',
		list: 'Postings',
		state: { pending: 'Pending', posted: 'Posted', voided: 'Did not happen' },
		stateMore: {
			pending: 'Promised and under way. It is either posted or undone.',
			posted: 'Final.',
			voided: 'It was promised and then undone. No money moved.'
		},
		kind: {
			fund: 'Put into your channel',
			claim: 'Claim signed',
			claimIn: 'Claim received',
			redeem: 'Claims redeemed on the chain',
			refund: 'Unspent deposit came back',
			buy: (count: number) => (count === 1 ? 'Bought a note' : `Bought ${notes(count)}`),
			buyFrom: (name: string) => `from ${name}`,
			ask: 'Asked for notes',
			way: 'Part that the way took',
			sell: (count: number) =>
				count === 1 ? 'A reader paid for a note' : `A reader paid for ${notes(count)}`,
			forward: 'Passed a packet on',
			fee: 'Fee for passing on',
			publish: 'Stored a note at another node',
			payout: 'Cashed out to your wallet',
			'payout-fee': 'Fee for cashing out',
			late: 'Not paid: the answer was too late',
			outside: 'Wallet money from or to elsewhere'
		},
		detail: {
			title: 'Posting',
			from: 'From',
			to: 'To',
			amount: 'Amount',
			arrived: 'Arrived',
			state: 'State',
			at: 'Time',
			author: 'Author',
			peer: 'Neighbour',
			channel: 'Channel',
			transaction: 'Transaction',
			events: 'Notes',
			number: 'Number'
		},
		account: {
			wallet: 'Your wallet',
			channel: (id: string) => `Your channel ${id}`,
			claims: (id: string) => `Claims you hold on ${id}`,
			link: (name: string) => `Account with ${name}`,
			hub: 'your hub',
			outside: 'Elsewhere',
			'income/notes': 'Income: notes',
			'income/routing': 'Income: passing on',
			'income/payout-fees': 'Income: payout fees',
			'expense/notes': 'Spent: notes',
			'expense/way': 'Spent: the way',
			'expense/publishing': 'Spent: publishing',
			'expense/payout-fees': 'Spent: payout fees',
			'expense/late': 'Lost: answers that were too late',
			'expense/streams': 'Spent: STREAM payments',
			'income/streams': 'Earned: STREAM payments'
		} as const
	},
	settings: {
		title: 'Settings',
		profile: 'Profile',
		profileMore: 'A signed event (kind 0) that anybody may read.',
		name: 'Name',
		about: 'About you',
		yourKey: 'Your public key',
		announced: 'Announced: people at your hub can find and follow you.',
		notAnnounced: 'Not announced yet. Your first note does it, or this button.',
		announce: 'Announce me',
		key: 'Your key',
		keyMore: 'Whoever has this key is you. It exists only in this browser until you back it up.',
		backup: 'Back up',
		password: 'Password',
		passwordAgain: 'The same again',
		passwordHint: 'At least 8 characters. Without it the backup is worthless, and nobody can reset it.',
		passwordShort: 'At least 8 characters, please.',
		passwordDiffers: 'The two passwords differ.',
		makeBackup: 'Make an encrypted backup',
		makingBackup: 'Encrypting …',
		backupResult: 'Encrypted key (NIP-49)',
		backupFile: 'tributary-key.txt',
		importKey: 'Use another key',
		importKeyMore:
			'Replaces who you are on this device: name, follows and notes become those of the other key. Channels stay, because they belong to this device. Without a backup the present key is gone.',
		secret: 'nsec1… or ncryptsec1…',
		secretPassword: 'Password of the backup',
		importKeyAction: 'Replace my key',
		importedKey: (key: string) => `You are now ${key}.`,
		data: 'Your data',
		importEvents: 'Import events',
		importEventsMore: 'Any JSONL file with one signed event a line. Each is checked before it is stored.',
		importChoose: 'Choose a file',
		importing: (done: string, all: string) => `${done} of ${all} lines`,
		importMeter: 'Import progress',
		importResult: (stored: string, replaced: string, duplicate: string, invalid: string) =>
			`${stored} stored, ${replaced} replaced, ${duplicate} duplicate, ${invalid} invalid`,
		importReasons: 'Why lines were refused',
		importLine: (line: string, reason: string) => `Line ${line}: ${reason}`,
		importMoreReasons: (count: number) => plural(count, 'and # more', 'and # more'),
		importFailed: 'The file could not be read.',
		exportEvents: 'Export everything of yours',
		exportMore: 'All your events as JSONL, readable by any Nostr program.',
		exportFile: 'tributary-events.jsonl',
		limits: 'Limits',
		dailyLimit: 'Daily limit, all authors together, in dollars',
		dailyLimitMore: 'Nothing more is bought that day when it is reached. 0 stops all spending.',
		float: 'Most your hub may hold for you, in dollars',
		floatMore:
			'Your node does not let the hub owe you more than this. Cash out to stay below it; 0 lets it hold nothing, and then nobody can pay you.',
		look: 'Look',
		theme: 'Theme',
		themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
		storage: 'Storage',
		storageKind: { opfs: 'On this device', memory: 'In memory only', file: 'In a file' },
		storageMore: {
			opfs: 'Kept in this browser’s private storage and still there after a restart.',
			memory:
				'This browser offers no lasting storage here (a private window?). When the last tab closes, your key, your notes and the record of your channels are gone. Keep little money in, and back up your key.',
			file: 'Kept in a database file of this node.'
		},
		used: (used: string, most: string) => `${used} of at most ${most} used`,
		persisted: 'The browser has promised not to clear it by itself.',
		notPersisted: 'The browser may clear it when the disk is full. Back up your key.',
		danger: 'Danger zone',
		erase: 'Forget everything on this device',
		eraseMore: 'Deletes your key, your notes and the record of your channels from this browser.',
		eraseMoney: (channel: string, held: string) =>
			`There is still ${channel} in your channel and ${held} held by your hub. Close and cash out first: without this record nobody can get it back for you.`,
		eraseConfirm: 'I have a backup of my key, or do not need it',
		eraseAction: 'Delete it all',
		erasing: 'Deleting …',
		eraseFailed: 'Some of it could not be deleted. Close all other tabs of this app and try again.'
	},
	notFound: { title: 'No such page', text: 'The address leads nowhere here.', action: 'To the feed' },
	failure: {
		title: 'This page broke',
		text: 'That is a fault of the app. Your money is safe: it is looked after elsewhere and nothing was sent.',
		action: 'Load again'
	},
	errorNote: {
		label: 'Problem',
		copy: 'Copy details',
		links: { channels: 'To your money', settings: 'To settings', people: 'To people' }
	},
	errors
};

/** Which page helps with an error, if one does. */
export type ErrorLink = keyof typeof strings.errorNote.links;
