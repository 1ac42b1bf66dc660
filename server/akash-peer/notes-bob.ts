/** What Bob wrote before anybody here could read him: chains, channels, claims and where they came from. */
import type { PastNote } from './past-note.ts';

export const BOB_NOTES: readonly PastNote[] = [
	{ content: 'A note, a price, a signature. Here we go.' },
	{
		content:
			'A channel in one breath: I lock money in a contract, then hand you signed promises, each larger than the last. You need to keep only the newest one. When you feel like it, you show it to the contract and are paid. Two transactions for any number of payments.',
		topics: ['channels']
	},
	{
		key: 'cumulative',
		content:
			'Why are claims cumulative and not one per payment? Because then losing a message loses nothing. "I owe you 17 in total" includes every smaller promise before it. There is nothing to count, nothing to order, and an old claim is simply worth less.',
		topics: ['channels', 'claims']
	},
	{
		replyTo: 'cumulative',
		content:
			'And it makes double counting impossible by construction: the contract remembers how much it has paid already and pays only the difference.'
	},
	{
		content:
			'HTTP has had a status code for all of this since January 1997. RFC 2068 lists 402 Payment Required with the words "This code is reserved for future use." RFC 9110, twenty-five years later, still reserves it. https://www.rfc-editor.org/rfc/rfc9110'
	},
	{ content: 'gm' },
	{
		content:
			'1 ether is 10^18 wei. 1 gwei is 10^9 wei. USDC has six decimals, so its smallest unit is a millionth of a dollar. Half of all bugs I have seen with money on a chain are one of these three sentences forgotten.'
	},
	{
		content:
			'Base opened to the public on 9 August 2023. It is built with the OP Stack, makes a block every two seconds and has chain id 8453. The chain under this network only looks like it: its id is 31337, so that no signature made here is worth anything there.',
		topics: ['base']
	},
	{
		content:
			'The idea of paying in tiny steps is older than any blockchain. In 1996 Ron Rivest and Adi Shamir described PayWord: the payer hashes a random value again and again, signs the last hash, and then pays by revealing the chain backwards, one link per cent. One signature, thousands of payments. A signed cumulative claim does the same job with a signature each time, because a signature became cheap.',
		topics: ['history', 'micropayments']
	},
	{ content: 'A block is a place to end an argument. It is no place to hold a conversation.' },
	{
		content:
			'Jeremy Spilman described a one-way payment channel on the bitcoin-development list in 2013, and bitcoinj shipped micropayment channels the same year. The payer could only ever raise the amount, and a refund with a time lock protected him if the other side vanished. Swap the time lock for a grace period in a contract and you have what I use today.',
		topics: ['history', 'channels']
	},
	{
		content:
			'Joseph Poon and Thaddeus Dryja published their Lightning draft in February 2015. The step that mattered: link many channels with hashes, so that I can pay somebody I have no channel with, and nobody in between can keep the money. https://lightning.network/lightning-network-paper.pdf'
	},
	{
		key: 'grace',
		content:
			'The part of a channel people ask about: what if the other side disappears? Then the payer asks the contract to close. A grace period begins. During it the payee can still bring the newest claim. After it, whatever was not claimed goes back. Nobody has to trust anybody, somebody only has to wake up once in that time.',
		topics: ['channels']
	},
	{
		replyTo: 'grace',
		content:
			'Peers here refuse channels with less than a day of grace. A machine must be allowed to sleep a night.'
	},
	{
		content:
			'An ILP packet knows three moves. Prepare, type 12: here is money, if you can show me the secret behind this hash before that time. Fulfill, type 13: here is the secret. Reject, type 14: no. That is the whole protocol. https://github.com/interledger/rfcs',
		topics: ['interledger']
	},
	{
		content:
			'Interledger was first written up in October 2015 by Stefan Thomas and Evan Schwartz. The early versions held money in escrow on every ledger along the way. Version 4 gave that up: each pair of neighbours keeps its own account and settles when it likes. It is why a packet can be worth a thousandth of a cent and still make sense.',
		topics: ['interledger', 'history']
	},
	{
		content:
			'In ILPv4 the condition is 32 bytes and it is the SHA-256 of the fulfillment, also 32 bytes. Whoever can produce the fulfillment has been reached and has agreed. A proof of delivery that fits in half a line.'
	},
	{ content: 'Somebody should read block explorers for pleasure. I volunteer.' },
	{
		content:
			'A plain transfer of ether costs 21,000 gas. Everything else on an EVM chain is measured against that number sooner or later.',
		topics: ['gas']
	},
	{
		content:
			'ecrecover lives at address 0x01 and costs 3,000 gas. Given a hash and a signature it tells you who signed. Every claim that is redeemed here goes through it once.'
	},
	{
		content:
			'EIP-1559 went live with the London upgrade on 5 August 2021. Since then each block on Ethereum has a base fee which is burned, and it can move by at most one eighth from one block to the next. Fees did not become low, they became predictable, and that turned out to be what wallets needed.'
	},
	{
		content:
			'EIP-3009 deserves more love. You sign a message that says "move this much from me to that address, valid from then until then, once", and anybody may carry it to the chain and pay the gas. A newcomer with dollars and no ether can open a channel with it. https://eips.ethereum.org/EIPS/eip-3009',
		topics: ['gasless']
	},
	{
		content:
			'The nonce of an EIP-3009 authorization is 32 bytes of your choice and not a counter. That sounds like a detail. It means two authorizations never have to wait for each other, and it means the nonce can be a hash that binds the signature to one purpose.'
	},
	{
		content:
			'Typed data signing, EIP-712, exists because of a simple embarrassment: wallets used to show people 32 random-looking bytes and ask them to press OK.'
	},
	{
		content:
			'An epoch number in a channel is a cheap kind of honesty. Close it, open it again under the same terms, and every claim from the life before is void, because each claim names the epoch it was made in.',
		topics: ['channels']
	},
	{ content: 'Two ledgers that agree are worth more than one that is right.' },
	{
		content:
			'Ethereum left its miners behind on 15 September 2022. Since then a slot is 12 seconds, whether or not somebody fills it. Before that, time between blocks was a matter of luck.'
	},
	{
		content:
			'Blobs arrived on Ethereum with EIP-4844 on 13 March 2024. A rollup like Base puts its data there, where it is kept for about eighteen days and not for ever. Fees on rollups fell sharply that week. Most people noticed only that things had become cheap.'
	},
	{
		key: 'hubs',
		content:
			'What can a hub steal from you? In a one-way channel towards it: nothing but what you have promised by a claim. It cannot raise a claim, it can only use the best one you gave. Your risk is how far you let the claims run ahead of what you got for them, and you choose that number.',
		topics: ['channels', 'trust']
	},
	{
		replyTo: 'hubs',
		content:
			'The other direction is different. What you earn through a hub sits in its books until it pays you out. That is credit you give it. Keep it small and cash out.'
	},
	{
		content:
			'The first block of Bitcoin carries a newspaper headline of 3 January 2009: "Chancellor on brink of second bailout for banks". A timestamp and an opinion in one line. https://bitcoin.org/bitcoin.pdf is two months older and knows nothing of it.'
	},
	{
		content:
			'Double-entry bookkeeping was printed by Luca Pacioli in Venice in 1494, and it was old by then. Every amount is written twice, once where it left and once where it arrived, and the sum of everything is always zero. Five hundred years later it is still the best test for a payment node that I know.',
		topics: ['history', 'ledger']
	},
	{
		content:
			'Rounding is policy. Links here count in billionths of a dollar, the token in millionths. A claim has to be rounded up, or the payee is short; a payout has to be rounded down, or the hub is. What is left over must stay on the books under the name of the one it belongs to.'
	},
	{
		content:
			'Time on a chain is whatever the last block says. If you wait for a deadline by your own clock, you will be early one day, and the contract will tell you so.'
	},
	{ content: 'Finality is a feeling with a number attached.' },
	{
		content:
			'People compare channels with a bar tab. Close, but at the bar the landlord keeps the tab and you trust his arithmetic. In a channel the guest writes the tab, signs it after each glass, and the money for it already lies on the counter under a bell jar.'
	},
	{
		content:
			'Why does a claim have its own signing key and not the wallet key? Because the wallet would have to ask its owner for every note he reads. The wallet signs once, to fund the channel, and names the small key that may promise what is inside. If the small key leaks, the loss ends where the deposit ends.',
		topics: ['channels', 'keys']
	},
	{
		content:
			'EIP-55 hides a checksum in the capital letters of an address. The same twenty bytes, written with upper and lower case chosen by a hash. It catches a mistyped character almost every time, and nobody had to change a single program that ignored case.'
	},
	{
		content:
			'Anybody may bring a claim to the contract, and only the payee is ever paid. A small rule with a large effect: I can ask a neighbour, a friend or a stranger to redeem for me, and none of them can take anything.'
	},
	{
		content:
			'What I keep from reading about channels, in six lines. Promise totals, never steps. Put the chain, the contract, the channel and its epoch into every signature. Let the payer leave without asking, slowly. Let the payee agree to a faster end. Never make an honest side be online all the time. And let the person who can lose money be the person who can prevent it.',
		topics: ['channels']
	},
	{
		content:
			'For the next days I will mostly report on this chain: new blocks, what they burned, claims that were redeemed, deposits that came and went. It costs you the price of a note each, and nothing when I am silent.'
	}
];
