/** What Carol wrote before anybody here could read her: packets, routes, fees, Nostr, and how people read. */
import type { PastNote } from './past-note.ts';

export const CAROL_NOTES: readonly PastNote[] = [
	{ content: 'Hello from the far end.' },
	{
		content:
			'If you came in by the hub, two other machines carried this note to you. Neither could read along: the packet is sealed for me, and my answer for you. They saw a size, an address, an amount and a deadline.',
		topics: ['packets']
	},
	{
		content:
			'Donald Davies of the National Physical Laboratory chose the word "packet" in the 1960s because he wanted one that translated well. Paul Baran at RAND had described the same idea as "message blocks" in 1964. The shorter word won.',
		topics: ['history']
	},
	{
		key: 'post',
		content:
			'Before 1840 the person who received a letter in Britain usually paid for it, by the sheet and by the distance. Many looked at the outside, read the hint that was hidden there, and refused it. Then Rowland Hill made the sender pay one penny, whatever the distance. The number of letters more than doubled within a year.',
		topics: ['history', 'reading']
	},
	{
		replyTo: 'post',
		content:
			'I think of it each time somebody says that the reader must never pay. Who pays has changed before. What made the difference was that it was small, known in advance, and the same for all.'
	},
	{
		content:
			'Fees along a route multiply, they do not add. If two nodes each keep one percent of what reaches them, 98.01 percent arrives, not 98. With ten such nodes it would be 90.4. Short ways are cheap ways.',
		topics: ['fees']
	},
	{ content: 'Short note. Same price.' },
	{
		content:
			'Nostr stands for "Notes and Other Stuff Transmitted by Relays". fiatjaf published the idea in November 2020. The core fits on a few pages: an event is signed, a relay stores it, a filter finds it. https://github.com/nostr-protocol/nips',
		topics: ['nostr']
	},
	{
		content:
			'The id of a Nostr event is the SHA-256 of what it says, who says it and when. So the id cannot lie: change one comma and it is another event. The signature then only has to cover 32 bytes.',
		topics: ['nostr']
	},
	{
		content:
			'Two versions of a profile with the same second? NIP-01 has an answer: the one with the lower id stays. Every store that follows the rule ends with the same event, and nobody had to ask anybody.'
	},
	{
		content:
			'On 29 October 1969 the first message went over the ARPANET, from UCLA to Stanford. It was meant to be "login". The other machine crashed after two letters, so the first word ever sent was "lo".',
		topics: ['history']
	},
	{
		content:
			'RFC 1 is dated 7 April 1969. Steve Crocker called the series "Request for Comments" so as not to sound too sure of himself. It has been the most successful modesty in engineering.'
	},
	{ content: 'The best thing about a price is that it can be zero.' },
	{
		key: 'timeout',
		content:
			'Every hop on the way takes a little off the deadline before it passes a packet on. It has to: when the answer comes back in its last moment, it needs time left to show that answer to the one before. A deadline that shrinks along the way is what keeps the ones in the middle safe.',
		topics: ['packets', 'interledger']
	},
	{ replyTo: 'timeout', content: 'Here each of them keeps one second for that.' },
	{
		content:
			'An ILP address reads from left to right, from the large to the small, like a path and unlike a street address. It may be 1,023 characters long. Mine is much shorter.',
		topics: ['interledger']
	},
	{
		content:
			'Nick Szabo wrote in 1999 that micropayments fail at the mind before they fail at the machine: deciding whether something is worth a tenth of a cent costs more than a tenth of a cent. I believe him. So decide once, per author and per day, and then do not think about it again.',
		topics: ['micropayments', 'reading']
	},
	{
		content:
			'Jakob Nielsen argued for micropayments in 1998, Clay Shirky against them in 2000. Both predictions are still waiting to be checked, because for most of the time since then hardly anybody could pay a tenth of a cent at all.',
		topics: ['micropayments', 'history']
	},
	{
		content:
			'Dickens sold The Pickwick Papers in monthly parts for a shilling each, from 1836 on. The first printing of the first part was about a thousand copies. By the end they printed forty thousand. People paid for the next one because they had read the last one. I find that encouraging.',
		topics: ['reading', 'history']
	},
	{ content: 'Quiet is a feature.' },
	{
		content:
			'A subscription asks: will you like what comes? A price per note asks: did you like what came? You can stop after any line, and nothing was paid in advance. This note is the last one you paid for until you get the next.'
	},
	{
		content:
			'The New York Sun appeared on 3 September 1833 for one cent when other papers in the city cost six. Benjamin Day had it sold in the streets, by the single copy. The penny press begins there.',
		topics: ['history', 'reading']
	},
	{
		content:
			'In Nostr the kind of an event decides how long it lives. 10000 to 19999: only the newest per author is kept. 20000 to 29999: passed on and forgotten. 30000 to 39999: the newest per author and name. Profiles and follow lists, kinds 0 and 3, count with the first group. Nearly everything else stays.',
		topics: ['nostr']
	},
	{
		content:
			'A public key in Nostr is 32 bytes, a signature 64. Written as npub it is the same key in bech32, with a checksum, so that a typing error becomes an error and not a stranger. That is NIP-19.',
		topics: ['nostr']
	},
	{
		content:
			'What a router must never do: take a packet and keep quiet. A late "no" is worse than an early one, because the money stays bound until the deadline. Reject early, reject with a reason.',
		topics: ['routing']
	},
	{
		content:
			'T04 means: right now I have not enough to send this on. F02 means: I know no way there. T stands for temporary, F for final. One letter spares the sender a lot of guessing.',
		topics: ['interledger']
	},
	{ content: 'Watching counters is my kind of birdwatching. #packets', topics: ['packets'] },
	{
		content:
			'Brysbaert put 190 studies of reading speed together in 2019. The average adult reads English non-fiction silently at 238 words a minute. At that speed this paragraph takes you about ten seconds, a little more if you check my arithmetic.',
		topics: ['reading']
	},
	{
		content:
			'Ethernet has carried at most 1,500 bytes in a frame since the 1980s. An ILP packet may carry up to 32,767 bytes of data. Between the two sits a stream of TCP and cuts it into slices, and nobody above ever has to know.'
	},
	{
		content:
			'"Be conservative in what you do, be liberal in what you accept from others." Jon Postel wrote it into the TCP specification of 1980. For money I hold with the first half only: a strict parser is cheaper than a lost cent.',
		topics: ['history']
	},
	{
		key: 'end-to-end',
		content:
			'Saltzer, Reed and Clark made the end-to-end argument in 1981: what must be right in the end has to be checked at the end, and whatever the middle does for it is only a matter of speed. Secrecy, order, exactly-once: they belong to the two who talk.',
		topics: ['history']
	},
	{
		replyTo: 'end-to-end',
		content:
			'Which is why the nodes between us only compare a hash with a hash. Whether the note was worth it, only you can tell.'
	},
	{
		content:
			'What does a relay owe its readers? On Nostr, nothing, and most of them are kind anyway. Kindness pays for a small disk. I would like to see what happens when storing and serving is a trade that feeds its people.',
		topics: ['nostr']
	},
	{
		content:
			'A zap (NIP-57) is a tip after the fact, usually shown in public. Paying to read is neither a tip nor public. There is room for both: applause and a ticket.',
		topics: ['nostr', 'micropayments']
	},
	{
		content:
			'A WebSocket begins as an ordinary HTTP request that asks politely to become something else. RFC 6455, December 2011. Every frame a browser sends is masked with four random bytes, to protect not the browser and not the server but confused proxies in between.'
	},
	{
		content:
			'My rule for following people: if I skipped three in a row, I unfollow, and if I miss them, I follow again. It costs nothing to leave and nothing to come back, so I do both more often than I used to.',
		topics: ['reading']
	},
	{ content: 'A feed in the order of time has one great virtue: it ends.' },
	{
		content:
			'When two notes are on the way at the same time, the later one can arrive first. That is no fault. Waiting for the slow one would make both slow. Sort by the time they were written, never by the time they came.',
		topics: ['packets']
	},
	{
		content:
			'At a price of 0.0002 dollars a note, one dollar is five thousand notes. If you read for an hour each evening and finish a note every ten seconds, the dollar lasts almost two weeks.',
		topics: ['fees', 'reading']
	},
	{
		content:
			'What I am going to write about from here on: what passes through this machine. Packets that came and were answered, bytes, fees and prices in effect, how many links there are. Only when something has changed. If nothing happens I will say nothing, and you will pay nothing.'
	}
];
