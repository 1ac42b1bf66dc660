/**
 * Every limit, with its unit, its reason and what happens beyond it. A number that comes from a
 * specification names the section.
 */
const KIB = 1024;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Link units in one dollar (scale 9). */
const DOLLAR = 1_000_000_000n;

export const LIMITS = {
	// --- ILP (RFC 27) and BTP (RFC 23)
	/** Bytes. RFC 27: `data` of any packet; larger cannot be encoded. */
	ilpDataBytes: 32_767,
	/** Characters. RFC 15; longer addresses are invalid. */
	ilpAddressCharacters: 1_023,
	/** Bytes of a reject's message (RFC 27); longer is malformed. */
	ilpMessageBytes: 8_191,
	/** Bytes of one socket message: one ILP packet, a claim and a hello fit many times; larger closes the socket. */
	socketMessageBytes: 256 * KIB,
	/** Frames that one message may come in, and pieces the network may cut a frame into: proxies cut into KiB; more closes the socket. */
	socketMessageFragments: 256,
	socketMessageChunks: 4_096,
	/** Entries of protocol data in one BTP packet; ours has three. */
	btpProtocols: 32,
	/** Packets in one bundle, as many as a STREAM connection has under way: no message gets a longer turn. More is unreadable. */
	btpBundlePackets: 256,
	/** Bytes at which a bundle leaves and the next begins, so that the other end has something to do meanwhile. */
	btpBundleBytes: 16 * KIB,
	/** A link whose answer to a BTP request is this late gives up on it (as ilp-plugin-btp does; longer than any packet's life). */
	btpResponseMs: 35 * SECOND,
	/** A neighbour that must wait for a block before it answers gets this long. */
	settleAnswerMs: 60 * SECOND,
	/** An unauthenticated socket is closed after this: opening sockets must not be an attack. */
	authWindowMs: 10 * SECOND,
	/** Sockets that may be in that window at a time; for a further one the oldest is closed, links stay as they are. */
	unauthenticatedSockets: 256,
	/** Age or future of an auth event (NIP-98); older is refused as replayed. */
	authFreshMs: 60 * SECOND,
	/** Bytes a socket may have queued before its link takes no more packets (T02): a slow reader bounds our memory. */
	socketBufferedBytes: 4 * KIB * KIB,
	/** And all sockets of a process together; beyond it the one that has queued most is cut off. */
	socketsBufferedBytes: 256 * KIB * KIB,
	/** Guests remembered with whom no money ever moved; beyond it those seen longest ago, and not here, are strangers again. */
	strangersKept: 4_096,
	/** Prepares under way per link; more is T02 Peer Busy. */
	inFlightPerLink: 1_024,

	// --- HTTP: SPSP (RFC 9), payment pointers (RFC 26), ILP over HTTP (RFC 35)
	/** Characters of a payment pointer or URL: what servers and browsers commonly take; longer is refused. */
	urlCharacters: 2_048,
	/** Characters of a name or code that a stranger gives itself; the rest is cut off. */
	nameCharacters: 64,
	/** Bytes of an SPSP answer, which needs a few hundred; more is not read. */
	spspBodyBytes: 16 * KIB,
	/** A person who waits for a payment pointer to resolve waits this long. */
	spspAnswerMs: 10 * SECOND,
	/** Bytes of an ILP packet in an HTTP body: the longest prepare is 33,857 and a reject 42,000; more is 413. */
	httpPacketBytes: 48 * KIB,
	/** A request's body must be here this soon after its head: whoever trickles holds a place. */
	httpBodyMs: 5 * SECOND,
	/** Requests with packets that one account may have open here; more is 429. */
	httpRequestsPerAccount: 1_024,
	/** An answer to a packet is posted to its callback again after this long without a 2xx or 4xx (RFC 35: no back-off is needed). */
	httpCallbackRetryMs: 1 * SECOND,
	/** One try at posting an answer to its callback. */
	httpCallbackMs: 5 * SECOND,

	// --- routes that neighbours tell each other (CCP)
	/** Between two updates to a neighbour that knows everything; the reference connector does the same. */
	routeBroadcastMs: 30 * SECOND,
	/** How long neighbours keep what this node told without hearing more: one lost update and a half. */
	routeHoldDownMs: 45 * SECOND,
	/** The most a neighbour may ask for: a dead one must not be a way for ever. */
	routeHoldDownMostMs: 10 * MINUTE,
	/** Several changes at once make one update. */
	routeUpdateLeastMs: 150,
	/** A neighbour that does not answer with its routes is asked again after this, then after twice as long each time. */
	routeAskFirstMs: 1 * SECOND,
	/** And at least this often. */
	routeAskLastMs: 5 * MINUTE,
	/** Life of one such request. */
	routeRequestMs: 30 * SECOND,
	/** Routes kept of one neighbour; further ones are not learnt. */
	routesPerNeighbour: 10_000,
	/** Nodes of a path; longer ways lose their money to fees. */
	routePathNodes: 32,
	/** Bytes of one route in an update; larger ones are not learnt, so that any can be passed on. */
	routeBytes: 4 * KIB,
	/** Bytes of the routes in one update: with its head it fits a packet. */
	routeUpdateBytes: 31_000,
	/** Changes told in one update; the reference connector tells as many. */
	routeEpochsPerUpdate: 50,
	/** Changes kept as a log; beyond it the table begins anew. */
	routeEpochs: 100_000,
	/** How long an owner's signature for its own address counts; renewed after half of it. */
	routeProofMs: 2 * HOUR,

	// --- packets on the way
	/** A hop keeps this between the expiry it was given and the one it gives (RFC 27; other connectors keep 1 s too). */
	expiryMarginMs: 1 * SECOND,
	/** A packet with money that expires later is refused: it is remembered until then. */
	expiryMostMs: DAY,
	/** Longest a packet is held for anybody. */
	maxHoldMs: 30 * SECOND,
	/** Expiry of a GET's prepare; a reader's money is never bound longer per try. */
	getExpiryMs: 10 * SECOND,
	/** After this long without a turn of the clock (a frozen tab), look at the time before fulfilling. */
	frozenMs: 2 * SECOND,

	/** Rows of one kind (accounts, links) kept in memory beside the database; beyond it those read first are read again. */
	tallyRows: 4_096,
	/** Bytes of memory for answers to be given again; beyond it the oldest are told from the database, without their data. */
	answersKeptBytes: 16 * KIB * KIB,
	/** A fulfilment that left earlier than this before its packet's expiry cannot have come too late. */
	lateSlackMs: 2 * SECOND,
	/** And what a neighbour may all the same call late within a day, because messages can be under way for long. */
	lateUnlikely: DOLLAR / 50n,

	// --- sessions (PROTOCOL section 2)
	/** A token this old opens nothing new. */
	sessionOpenMs: 5 * MINUTE,
	/** Sequence numbers remembered per token; older packets are refused. */
	sessionWindow: 4_096,
	/** What a packet did is kept this long after it expired. */
	packetMemoryMs: 10 * MINUTE,
	/** And this long for a neighbour that is away and may have lost sight of the answer. */
	packetMemoryAwayMs: 30 * DAY,
	/** Sessions per link that never paid; beyond it the longest idle is closed. */
	unpaidSessionsPerLink: 4_096,
	/** And of all links together, some 4 KiB each; beyond it the longest idle is closed: identities, and links with them, cost nothing. */
	unpaidSessions: 16_384,
	/** A paid session is forgotten after this much silence. */
	paidSessionIdleMs: 24 * HOUR,
	/** A new token at least this often: at hops it is the session's name. */
	tokenRotateMs: 1 * HOUR,
	/** Life of a stream key. */
	streamKeyMs: 7 * DAY,

	// --- uploads: frames too large for one packet (PROTOCOL section 3)
	/** Bytes of a stream that may be sent ahead of what was taken of it. */
	streamWindowBytes: 64 * KIB,
	/** Bytes that all unfinished streams of a session may have come to. */
	connectionWindowBytes: 1_024 * KIB,
	/** Bytes of one piece: it fits a packet beside the longest address. */
	uploadPieceBytes: 31_000,
	/** Streams of a session that may be unfinished at a time. */
	uploadStreams: 10,
	/** Bytes of memory for the uploads of one link; beyond it T02, so that strangers cannot fill ours. */
	uploadLinkBytes: 4_096 * KIB,
	/** An upload is dropped after this long without a packet: its writer waits at most a quarter of it. */
	uploadIdleMs: 2 * MINUTE,
	/** And after this long in any case: a full frame at the free rate takes 17 minutes. */
	uploadMs: 30 * MINUTE,

	// --- frames and events
	/** Bytes of one frame. */
	frameBytes: 1_024 * KIB,
	/** Bytes of one encoded event; larger is refused (`invalid: too large`). */
	eventBytes: 256 * KIB,
	/** Tags of one event. */
	eventTags: 2_000,
	/** Depth of CBOR nesting. */
	cborDepth: 6,
	/** Bytes of one part of an event. */
	partBytes: 31_000,
	/** Price of one part: a short dear event comes in parts too, so little is ever at risk. */
	partPrice: DOLLAR / 100n,
	/** Entries in one HAVE: what fits an answer. */
	haveEntries: 250,
	/** Profiles and announcements that a node keeps for others, all strangers together: whoever spoke later is likelier still there. */
	announcedKept: 8_192,
	announcedKeptBytes: 64 * KIB * KIB,
	/** Filters in one REQ, and values in one list of a filter. */
	filters: 16,
	filterValues: 1_000,
	/** Frames in one packet: each is a question that costs its sender a few bytes. Readers send one; more is refused. */
	framesPerPacket: 16,
	/** Events of the store that one packet's questions may look at: some 50 ms of work. Beyond it there is more, to be asked for. */
	lookedAtPerPacket: 8_192,
	/** Parts an event may be sold in: at a cent each, more than anybody should pay for one event. */
	parts: 65_535,
	/** Characters of a NOTICE's or CLOSED's code, and of the text beside it (shown to people, so kept short). */
	codeCharacters: 64,
	textCharacters: 1_024,
	/** Characters of a search in a filter. */
	searchCharacters: 256,
	/** Bytes of a cursor. */
	cursorBytes: 32,
	/** A price once offered is honoured this long by the node's clock. */
	priceHonouredMs: 10 * MINUTE,
	/** A paid receipt is answered again for this long. */
	receiptMs: 30 * DAY,
	/** Pushed entries without one GET before the node waits to be asked. */
	haveUnread: 100,
	/** Unanswered pushes before a subscription sleeps. */
	pushesUnanswered: 3,
	/** An unanswered push is tried again after this, then after twice this: a hop that began again is there by then. */
	pushAgainMs: 1_500,
	/** Readers of before that a node tells, when it begins again, that it forgot what they had asked for; the last seen. */
	restartTold: 256,
	/** And only those seen within this: others have asked again by themselves. */
	restartToldMs: 10 * MINUTE,
	/** Silence after which a reader asks again with its cursor. */
	subscriptionSilenceMs: 60 * SECOND,

	// --- money (defaults a person can change are in config.ts)
	/** W of a guest: claimed ahead of what was fulfilled. */
	windowGuest: DOLLAR / 50n,
	/** W between nodes that route. */
	windowNode: 5n * DOLLAR,
	/** Float: how far a guest lets his hub owe him. */
	floatDefault: 1n * DOLLAR,
	/** The most a person can set it to: what a hub that vanishes takes along. */
	floatMost: 100n * DOLLAR,
	/** Largest single packet. */
	maxPacket: DOLLAR,
	/** What may be unchecked at first with a new author key: one GET of this much; doubles per good answer. */
	firstTrust: DOLLAR / 1_000n,
	/** GETs under way per author once trusted. */
	trustedInFlight: 64,
	/** Of W, what may be under way to one author at a time, in percent. */
	authorShareOfWindow: 25n,
	/** Of a link's room, what one neighbour may have under way to one destination, percent. */
	shareOfRoom: 25n,
	/** And to one that rarely fulfils: below {@link shareRarelyPercent} of a mean in which each outcome counts one in {@link shareMemory}. */
	shareOfRoomRarely: 10n,
	shareRarelyPercent: 50,
	shareMemory: 8,
	/** A way that delivers less than this is refused (percent). */
	minDelivered: 90n,
	/** A payee redeems once this much is unredeemed; above it a sleeping payee could lose it. */
	redeemThreshold: 1n * DOLLAR,
	/** Most that the terms in a neighbour's hello may say (link units); more is cut to this. */
	linkTermsMost: 1_000_000n * DOLLAR,
	/** Consecutive T04 while the ledger says covered; then nothing more is signed to that hub. */
	uncoveredRejects: 3,

	// --- free data (PROTOCOL section 6)
	freeBurstBytes: 64 * KIB,
	freeBytesPerSecond: 1 * KIB,
	/** Each fulfilled packet adds 1 kB per this much of the hop's fee. */
	feeUnitsPerFreeKib: 1_000n,
	/** And what was earned so is forgotten after this. */
	freeEarnedMs: 24 * HOUR,

	// --- delegation and announcement (PROTOCOL section 5)
	delegationMs: 30 * DAY,
	announcementMs: 7 * DAY,

	// --- channels
	/** Seconds. A payee refuses channels with less grace: a twin must be able to sleep a day. */
	graceSeconds: 24 * 3_600,
	/** Seconds beyond grace that a channel must still live when accepted. */
	expiryBeyondGraceSeconds: 7 * 24 * 3_600,

	/** Link units of one neighbour's claims that count before their signatures are checked; beyond it the newest is checked first. */
	uncheckedPerLink: DOLLAR / 10n,
	/** And of all neighbours' together: what a hundred forgers at once could take, as much as a payee risks asleep. */
	uncheckedPerNode: 1n * DOLLAR,
	/** How long the newest claim may count without being checked. */
	uncheckedMs: 1 * SECOND,

	// --- the chain
	/** Link units that may be promised on a deposit before it is safe from a rewritten history: what nodes claim ahead of each other. */
	unsafeDeposit: 5n * DOLLAR,
	/** And on all such deposits of a node together: what one rewritten history or an endpoint that invents channels can take. Beyond it they wait. */
	unsafeDeposits: 50n * DOLLAR,
	/** A deposit is safe when the chain has shown it for this long: sixty blocks of Base, ten of Ethereum. */
	depositSettleMs: 2 * MINUTE,
	/** A channel is fresh to its payer for twice as long: its payee saw the deposit later, at most a block and a look. */
	freshChannelMs: 4 * MINUTE,
	/** Every channel is looked up this often, whatever was reported: a report that never came costs at most this much of the grace. */
	surveyMs: 10 * MINUTE,
	/** What redeeming may cost: one part in so many of what it brings. */
	redeemCostParts: 100n,
	/** What is unredeemed for this long is redeemed although it costs more, if it brings more than it costs. */
	redeemEveryMs: DAY,
	/** Channels in one redemption: 1.4 million gas, a twentieth of a block. */
	redeemBatch: 100,
	/** Seconds before a payer could ask for its deposit and have it by the expiry: from then on a claim is redeemed whatever it costs. */
	redeemBeforeSeconds: 24 * 3_600,
	/** Link units that one ether is taken to be worth when gas is weighed, unless the operator says otherwise: too dear is the safe side. */
	etherPrice: 5_000n * DOLLAR,
	/** Seconds before the end of a channel's use at which its payer opens the next. */
	renewBeforeSeconds: 7 * 24 * 3_600,
	/**
	 * That a transaction came to nothing for good, the chain must say twice, this far apart: what it was for is done again
	 * then, and an answer that was a lie would have it done twice. Sixty blocks of Base.
	 */
	lostConfirmMs: 2 * MINUTE,
	/** An end of a channel that nothing here explained is looked back at with every survey for this long: a payer that asks then still has a grace to wait. */
	endWatchedMs: 30 * DAY,
	/** Link units that a node spends in a day on gas for its guests; some six hundred acts on a rollup. Beyond it they pay their own, or wait for tomorrow. */
	gasPerDay: 10n * DOLLAR,
	/** One neighbour gets one part in so many of it: a dozen acts, where a channel needs two in its life and one for each filling. */
	gasNeighbourParts: 40n,
	/** And all guests with whom no money ever moved one part in so many: those who do nothing but open and close leave the rest. */
	gasStrangersParts: 2n,
	/** Wei for a unit of gas, tip included: many times what rollups ever cost; beyond it nothing is signed and the person is told. */
	gasPriceMost: 200_000_000_000n,
	/** A transaction that is in no block after this is offered an eighth more, again and again. */
	outbidAfterMs: 30 * SECOND,
	/** Offers for one transaction: seventeen times the first price; then it is only handed in again, and the person is told. */
	outbidMost: 24,
	/** Blocks that are read again when history was rewritten: eight minutes of Base; no deeper rewriting is known of a rollup. */
	reorgBlocks: 256,

	// --- links
	/**
	 * Percent of the time a neighbour has been waited for, the most to wait before it is dialled again: whoever is back
	 * after ten seconds is linked again within two and a half more, and an hour of nobody costs some sixty tries.
	 */
	reconnectPercent: 25,
	/** But at least this: a refused dial costs next to nothing, and a node that was killed is back in a second. */
	reconnectLeastMs: 150,
	/** And at most this. */
	reconnectMostMs: 300 * SECOND,
	/** A connection that was up for less than this did not really come up: its neighbour counts as away all the time. */
	reconnectSteadyMs: 10 * SECOND,
	/** A request to a neighbour waits this long for a link that is coming back, then says it is down. */
	reconnectPatienceMs: 3 * SECOND,
	/** Silence after which a link asks whether anybody is still there. */
	heartbeatMs: 60 * SECOND,
	/** No answer to that for this long: the link is dead, whatever the socket says. */
	heartbeatAnswerMs: 10 * SECOND,
	/** A parent's word moves this node's clock no further from the host's: what may be spent is counted by days. */
	clockOffMostMs: DAY
} as const;
