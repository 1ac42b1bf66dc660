/** What a newcomer finds on screen before following anybody. Free: the hub asks nothing for its own notes. */
import type { PastNote } from './past-note.ts';

export const HUB_NOTES: readonly PastNote[] = [
	{
		content:
			'When you want to leave: close the channel and the unspent part is back in your wallet. I sign the closing at once. If I am away or refuse, you tell the chain yourself, wait for the grace period to pass, and withdraw. The contract does not need me for that.'
	},
	{
		content:
			'You can write here, too. Publishing costs you nothing, your notes stay on your own machine, and you set the price that others pay to read them. What readers pay reaches you through me; I hold it for you until you cash out to your wallet, minus a fee that you see before.'
	},
	{
		content:
			'Where does the money go? Your app signs a promise with every few notes: "I owe the hub this much in total". I pass the packet on and promise the next node its part, and so on to the author. Each node on the way keeps a small fee. The author can only take the money by handing over what you asked for, or nobody gets anything.'
	},
	{
		content:
			'How paying works: connect a wallet and put a little money into a channel to me. That is one signature, and I carry it to the chain for you. From then on your wallet is not asked again. The app pays by itself, note by note, and never more than the price and the daily limit that you accepted.'
	},
	{
		content:
			'The dollars on this machine are test dollars and the chain beneath them is a local one. There is a faucet that hands them out. Spend them freely: nothing here is worth anything, and everything works as it would with money.'
	},
	{
		content:
			'Look under People: everybody there has said through me who they are, what a note costs and how to reach them. Bob lives next door to me and writes about the chain. Carol can be reached only through Bob and writes about what passes by on the way. Follow one of them and watch what it costs.'
	},
	{
		content:
			'Welcome. This is a network in which notes have a price, mostly a very small one, and in which the reader pays the writer directly, without an account and without a subscription. You already have a key; the app made it when you came in. What I write is free.'
	}
];
