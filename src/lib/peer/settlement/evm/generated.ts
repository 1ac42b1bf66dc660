/**
 * Generated from contracts/src by `npm run contracts`. Do not edit.
 */
import type { Hex } from '../../bytes.ts';

/** The channel contract; `contracts/src/interfaces/IChannels.sol` is its manual. */
export const channelsAbi = [
	{
		inputs: [
			{ name: 'cumulative', type: 'uint96' },
			{ name: 'capture', type: 'uint96' }
		],
		name: 'CaptureAboveClaim',
		type: 'error'
	},
	{
		inputs: [
			{ name: 'deposited', type: 'uint96' },
			{ name: 'capture', type: 'uint96' }
		],
		name: 'CaptureAboveDeposit',
		type: 'error'
	},
	{
		inputs: [
			{ name: 'claimed', type: 'uint96' },
			{ name: 'capture', type: 'uint96' }
		],
		name: 'CaptureBelowClaimed',
		type: 'error'
	},
	{ inputs: [{ name: 'channelId', type: 'bytes32' }], name: 'ChannelAlreadyOpen', type: 'error' },
	{ inputs: [{ name: 'closeAt', type: 'uint40' }], name: 'ChannelClosing', type: 'error' },
	{ inputs: [{ name: 'channelId', type: 'bytes32' }], name: 'ChannelNotOpen', type: 'error' },
	{
		inputs: [
			{ name: 'claimed', type: 'uint96' },
			{ name: 'cumulative', type: 'uint96' }
		],
		name: 'ClaimNotIncreasing',
		type: 'error'
	},
	{ inputs: [{ name: 'deadline', type: 'uint40' }], name: 'DeadlinePassed', type: 'error' },
	{ inputs: [{ name: 'reason', type: 'bytes' }], name: 'DepositFailed', type: 'error' },
	{ inputs: [], name: 'DepositTooLarge', type: 'error' },
	{ inputs: [{ name: 'expiry', type: 'uint40' }], name: 'ExpiryPassed', type: 'error' },
	{ inputs: [], name: 'InvalidSignature', type: 'error' },
	{ inputs: [{ name: 'channelId', type: 'bytes32' }], name: 'NoEpochLeft', type: 'error' },
	{ inputs: [{ name: 'sender', type: 'address' }], name: 'NotPayee', type: 'error' },
	{ inputs: [{ name: 'sender', type: 'address' }], name: 'NotPayer', type: 'error' },
	{ inputs: [{ name: 'sender', type: 'address' }], name: 'NotPayerOrSigner', type: 'error' },
	{ inputs: [{ name: 'payee', type: 'address' }], name: 'PayeeRefused', type: 'error' },
	{ inputs: [{ name: 'to', type: 'address' }], name: 'PayoutFailed', type: 'error' },
	{ inputs: [], name: 'Reentered', type: 'error' },
	{ inputs: [{ name: 'signer', type: 'address' }], name: 'SignerRefused', type: 'error' },
	{ inputs: [{ name: 'from', type: 'uint40' }], name: 'TooEarly', type: 'error' },
	{
		inputs: [
			{ name: 'received', type: 'uint256' },
			{ name: 'expected', type: 'uint256' }
		],
		name: 'WrongAmountReceived',
		type: 'error'
	},
	{
		inputs: [
			{ name: 'sent', type: 'uint256' },
			{ name: 'expected', type: 'uint256' }
		],
		name: 'WrongValue',
		type: 'error'
	},
	{ inputs: [], name: 'ZeroAmount', type: 'error' },
	{ inputs: [], name: 'ZeroIndex', type: 'error' },
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'reason', type: 'bytes4' }
		],
		name: 'ClaimSkipped',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'epoch', type: 'uint24' },
			{ indexed: false, name: 'paid', type: 'uint96' },
			{ indexed: false, name: 'claimed', type: 'uint96' }
		],
		name: 'Claimed',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'epoch', type: 'uint24' },
			{ indexed: false, name: 'closeAt', type: 'uint40' }
		],
		name: 'CloseRequested',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'epoch', type: 'uint24' },
			{ indexed: false, name: 'captured', type: 'uint96' },
			{ indexed: false, name: 'refunded', type: 'uint96' }
		],
		name: 'Closed',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: true, name: 'payer', type: 'address' },
			{ indexed: true, name: 'payee', type: 'address' },
			{ indexed: false, name: 'token', type: 'address' },
			{ indexed: false, name: 'signer', type: 'address' },
			{ indexed: false, name: 'grace', type: 'uint32' },
			{ indexed: false, name: 'expiry', type: 'uint40' },
			{ indexed: false, name: 'salt', type: 'bytes32' },
			{ indexed: false, name: 'epoch', type: 'uint24' },
			{ indexed: false, name: 'deposited', type: 'uint96' }
		],
		name: 'Opened',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'epoch', type: 'uint24' },
			{ indexed: false, name: 'amount', type: 'uint96' },
			{ indexed: false, name: 'deposited', type: 'uint96' }
		],
		name: 'ToppedUp',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'epoch', type: 'uint24' },
			{ indexed: false, name: 'captured', type: 'uint96' },
			{ indexed: false, name: 'refunded', type: 'uint96' }
		],
		name: 'Withdrawn',
		type: 'event'
	},
	{
		inputs: [
			{ name: 'id', type: 'bytes32' },
			{ name: 'epoch', type: 'uint24' },
			{ name: 'index', type: 'uint256' }
		],
		name: 'authorizationNonce',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'pure',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			}
		],
		name: 'channelId',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'cumulative', type: 'uint96' },
			{ name: 'signature', type: 'bytes' }
		],
		name: 'claim',
		outputs: [{ name: 'paid', type: 'uint96' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'payee', type: 'address' },
			{ name: 'token', type: 'address' },
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' },
					{ name: 'cumulative', type: 'uint96' },
					{ name: 'signature', type: 'bytes' }
				],
				name: 'rows',
				type: 'tuple[]'
			}
		],
		name: 'claimBatch',
		outputs: [{ name: 'paid', type: 'uint256' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'capture', type: 'uint96' },
			{ name: 'cumulative', type: 'uint96' },
			{ name: 'claimSignature', type: 'bytes' }
		],
		name: 'close',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'capture', type: 'uint96' },
			{ name: 'cumulative', type: 'uint96' },
			{ name: 'claimSignature', type: 'bytes' },
			{ name: 'deadline', type: 'uint40' },
			{ name: 'closeSignature', type: 'bytes' }
		],
		name: 'closeWithSignature',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [],
		name: 'eip712Domain',
		outputs: [
			{ name: '', type: 'bytes1' },
			{ name: '', type: 'string' },
			{ name: '', type: 'string' },
			{ name: '', type: 'uint256' },
			{ name: '', type: 'address' },
			{ name: '', type: 'bytes32' },
			{ name: '', type: 'uint256[]' }
		],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [{ name: 'id', type: 'bytes32' }],
		name: 'getChannel',
		outputs: [
			{
				components: [
					{ name: 'deposited', type: 'uint96' },
					{ name: 'claimed', type: 'uint96' },
					{ name: 'closeAt', type: 'uint40' },
					{ name: 'epoch', type: 'uint24' }
				],
				name: '',
				type: 'tuple'
			}
		],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'amount', type: 'uint96' }
		],
		name: 'open',
		outputs: [{ name: 'id', type: 'bytes32' }],
		stateMutability: 'payable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'amount', type: 'uint96' },
			{
				components: [
					{ name: 'validAfter', type: 'uint256' },
					{ name: 'validBefore', type: 'uint256' },
					{ name: 'signature', type: 'bytes' }
				],
				name: 'authorization',
				type: 'tuple'
			}
		],
		name: 'openWithAuthorization',
		outputs: [{ name: 'id', type: 'bytes32' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'amount', type: 'uint96' },
			{
				components: [
					{ name: 'value', type: 'uint256' },
					{ name: 'deadline', type: 'uint256' },
					{ name: 'v', type: 'uint8' },
					{ name: 'r', type: 'bytes32' },
					{ name: 's', type: 'bytes32' }
				],
				name: 'permit',
				type: 'tuple'
			}
		],
		name: 'openWithPermit',
		outputs: [{ name: 'id', type: 'bytes32' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			}
		],
		name: 'requestClose',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'deadline', type: 'uint40' },
			{ name: 'signature', type: 'bytes' }
		],
		name: 'requestCloseWithSignature',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [{ name: 'ids', type: 'bytes32[]' }],
		name: 'states',
		outputs: [
			{
				components: [
					{ name: 'deposited', type: 'uint96' },
					{ name: 'claimed', type: 'uint96' },
					{ name: 'closeAt', type: 'uint40' },
					{ name: 'epoch', type: 'uint24' }
				],
				name: 'found',
				type: 'tuple[]'
			}
		],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'amount', type: 'uint96' }
		],
		name: 'topUp',
		outputs: [],
		stateMutability: 'payable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'amount', type: 'uint96' },
			{ name: 'index', type: 'uint256' },
			{
				components: [
					{ name: 'validAfter', type: 'uint256' },
					{ name: 'validBefore', type: 'uint256' },
					{ name: 'signature', type: 'bytes' }
				],
				name: 'authorization',
				type: 'tuple'
			}
		],
		name: 'topUpWithAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			},
			{ name: 'amount', type: 'uint96' },
			{
				components: [
					{ name: 'value', type: 'uint256' },
					{ name: 'deadline', type: 'uint256' },
					{ name: 'v', type: 'uint8' },
					{ name: 'r', type: 'bytes32' },
					{ name: 's', type: 'bytes32' }
				],
				name: 'permit',
				type: 'tuple'
			}
		],
		name: 'topUpWithPermit',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{
				components: [
					{ name: 'payer', type: 'address' },
					{ name: 'payee', type: 'address' },
					{ name: 'token', type: 'address' },
					{ name: 'signer', type: 'address' },
					{ name: 'grace', type: 'uint32' },
					{ name: 'expiry', type: 'uint40' },
					{ name: 'salt', type: 'bytes32' }
				],
				name: 'key',
				type: 'tuple'
			}
		],
		name: 'withdraw',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	}
] as const;

/** What deploys it. */
export const channelsBytecode: Hex =
	'0x60c0604052346100fd574660805260405161001b604082610101565b6012815271547269627574617279204368616e6e656c7360701b602090910152604080517f53bbb5b70c26f2cc8e92932fc1e46a23a5c858b75a7d27787db25156757e25cc9161006b9082610101565b600181526020810190603160f81b82525190206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526100cf60c082610101565b51902060a05260405161350e908161013982396080518181816121e7015261310f015260a0518161220d0152f35b5f80fd5b601f909101601f19168101906001600160401b0382119082101761012457604052565b634e487b7160e01b5f52604160045260245ffdfe60806040526004361015610011575f80fd5b5f3560e01c806302b0434c146116db5780632c3abb8914611633578063427b5a18146114c857806346efb179146113cd5780634ba873b61461127057806350d5124d146110ec57806352f0145314611042578063612d65aa14610f3b5780636345f78514610dc557806377e27a7514610c40578063831c2b8214610baf57806384b0196e14610abf57806389554339146109f65780638ab9d712146109a6578063b2db43bb146107f5578063d073b461146105f2578063d76424a6146105b15763fabb1a10146100df575f80fd5b346105ad576100ed3661195c565b60ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d73ffffffffffffffffffffffffffffffffffffffff61013d84611ad0565b16330361055957602083019073ffffffffffffffffffffffffffffffffffffffff61016783611ad0565b16158015610532575b6104e857606084019173ffffffffffffffffffffffffffffffffffffffff61019784611ad0565b161580156104b6575b61046c5760a085019264ffffffffff6101b8856119db565b16151580610452575b610417576bffffffffffffffffffffffff851680156103ef576101e387611dd4565b968791825f525f60205260405f20546bffffffffffffffffffffffff81166103c35760e81c62ffffff8114610397578060e81b7fffffff0000000000000000000000000000000000000000000000000000000000168217845f525f60205260405f205561024f83611ad0565b9561025990611ad0565b9260408101986102688a611ad0565b9661027290611ad0565b9061027f60808401611d0f565b90610289906119db565b916040519873ffffffffffffffffffffffffffffffffffffffff16895273ffffffffffffffffffffffffffffffffffffffff16602089015263ffffffff16604088015264ffffffffff16606087015260c00135608086015260a085015260c084015273ffffffffffffffffffffffffffffffffffffffff169273ffffffffffffffffffffffffffffffffffffffff169160e07f7c5591ae37786e48b4115b7aca2084e21e1c66eb82ac85158ec4e22662545cbc91a4339061034983611ad0565b9161035392612fe1565b61035c90611ad0565b90610366916120d3565b5f5c7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00165f5d604051908152602090f35b837fb000397e000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b837f095d0229000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f1f2a2005000000000000000000000000000000000000000000000000000000005f5260045ffd5b64ffffffffff610426856119db565b7f47d7a613000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b5061045c846119db565b64ffffffffff42911611156101c1565b73ffffffffffffffffffffffffffffffffffffffff61048a84611ad0565b7f79bc7d6a000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b506104c083611ad0565b73ffffffffffffffffffffffffffffffffffffffff806104df84611ad0565b169116146101a0565b73ffffffffffffffffffffffffffffffffffffffff61050683611ad0565b7fe601cda7000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b5061053c82611ad0565b73ffffffffffffffffffffffffffffffffffffffff163014610170565b7f11a4cac0000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b7fb5dfd9e5000000000000000000000000000000000000000000000000000000005f5260045ffd5b5f80fd5b346105ad5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad5760206105ea611d20565b604051908152f35b346105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161018081126105ad5760e0136105ad57610632611883565b61063a61189e565b6101243567ffffffffffffffff81116105ad5761065b9036906004016118ba565b91610144359364ffffffffff85168095036105ad576101643567ffffffffffffffff81116105ad576106919036906004016118ba565b959060ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d8142116107c95761076b906106d8611d20565b9761075a6106e58a611e2b565b946106ee6121e4565b9060405160208101917f27abc2efd293800dcddbbd72bf538ec3d4610fd3dbfe1275e8150f024bc9e68383528d60408301528860e81c60608301526bffffffffffffffffffffffff8a16608083015260a082015260a0815261075160c082611b3a565b5190209061229e565b91610763611aad565b925a9361234f565b156107a15761077995612b18565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c165f5d005b7f8baa579f000000000000000000000000000000000000000000000000000000005f5260045ffd5b507f6747c9fd000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b346105ad576108033661195c565b60ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d73ffffffffffffffffffffffffffffffffffffffff61085384611ad0565b163303610559576bffffffffffffffffffffffff82169081156103ef5761087984611dd4565b9161089b61088684611e2b565b916bffffffffffffffffffffffff8316611bf8565b906bffffffffffffffffffffffff821161097e575f84815260208181526040918290207fffffff000000000000000000000000000000000000000000000000000000000084166bffffffffffffffffffffffff95861677ffffffffffffffffffffffff0000000000000000000000009590951685171790819055825160e89190911c815293871690840152828101919091526107799561097994610974937f37f683c6bce43dd87af9d290c987388f68185e024fc7ef11b85733c8118598869080606081010390a201913361096f84611ad0565b612fe1565b611ad0565b6120d3565b7fc56d46d3000000000000000000000000000000000000000000000000000000005f5260045ffd5b346105ad5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad5760243562ffffff811681036105ad576105ea60209160443590600435611cdf565b346105ad5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad5773ffffffffffffffffffffffffffffffffffffffff610a42611a67565b1633141580610a98575b610a6c57610a6a610a5b611d20565b610a6481611e2b565b906123b6565b005b7fc7fbfe68000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b5073ffffffffffffffffffffffffffffffffffffffff610ab6611a8a565b16331415610a4c565b346105ad575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad57610b53610af8611c69565b610b00611ca4565b6020610b6160405192610b138385611b3a565b5f84525f3681376040519586957f0f00000000000000000000000000000000000000000000000000000000000000875260e08588015260e0870190611919565b908582036040870152611919565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b828110610b9857505050500390f35b835185528695509381019392810192600101610b89565b346105ad5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad576080610beb600435611c05565b610c3e604051809262ffffff606080926bffffffffffffffffffffffff81511685526bffffffffffffffffffffffff602082015116602086015264ffffffffff6040820151166040860152015116910152565bf35b346105ad5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad5760043573ffffffffffffffffffffffffffffffffffffffff811681036105ad576024359073ffffffffffffffffffffffffffffffffffffffff821682036105ad5760443567ffffffffffffffff81116105ad57610cd09036906004016118e8565b909160ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f9493945c16175f5d5f91610d116121e4565b925f917fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff2181360301915b86841015610d8957604051938060051b830135848112156105ad576001926bffffffffffffffffffffffff610d77610d7e9387018d8b8d612df5565b1690611bf8565b946040520192610d3b565b80610d97602092878b611eec565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c165f5d604051908152f35b346105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161014081126105ad5760e0136105ad57610e05611883565b6101043590610124359067ffffffffffffffff82116105ad5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc83360301126105ad5760ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d8215610f1357610e8b81611fd2565b9264ffffffffff8460c01c1680151580610eec575b610ec1575093610ebb91610779956004019460e81c90611cdf565b9061278f565b7f18318255000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b5073ffffffffffffffffffffffffffffffffffffffff610f0a611a67565b16331415610ea0565b7fa48dcc3d000000000000000000000000000000000000000000000000000000005f5260045ffd5b346105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161014081126105ad5760e0136105ad57610f7b611883565b610f8361189e565b6101243567ffffffffffffffff81116105ad57610fa49036906004016118ba565b9160ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d73ffffffffffffffffffffffffffffffffffffffff610ff4611aad565b1633036110165761077993611007611d20565b61101081611e2b565b90612b18565b7f525d8c80000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126105ad5760e0136105ad5761107d611883565b60ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d73ffffffffffffffffffffffffffffffffffffffff6110cc611a67565b1633036105595780610d976110e26020936124b1565b5091610979611a44565b346105ad5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad5760043567ffffffffffffffff81116105ad5761113b9036906004016118e8565b61114481611b7b565b916111526040519384611b3a565b8183527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe061117f83611b7b565b015f5b8181106112595750505f5b828110156111c3576001906111a78160051b840135611c05565b6111b18287611bb7565b526111bc8186611bb7565b500161118d565b836040518091602082016020835281518091526020604084019201905f5b8181106111ef575050500390f35b91935091602060808261124b600194885162ffffff606080926bffffffffffffffffffffffff81511685526bffffffffffffffffffffffff602082015116602086015264ffffffffff6040820151166040860152015116910152565b0194019101918493926111e1565b602090611264611b93565b82828801015201611182565b346105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161012081126105ad5760e0136105ad576112b0611883565b6101043567ffffffffffffffff81116105ad576112d19036906004016118ba565b60ff5f9392935c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d61130e611d20565b9061131882611e2b565b936113238486612951565b916bffffffffffffffffffffffff831694851561138a579061135661135f939261134b6121e4565b878a60e81c916129a3565b91610763611a8a565b156107a15760209361137092612a05565b610d978161137c611a44565b611384611aad565b90611eec565b6bffffffffffffffffffffffff9081887f767fb35f000000000000000000000000000000000000000000000000000000005f5260601c166004521660245260445ffd5b346105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161012081126105ad5760e0136105ad5761140d611883565b6101043567ffffffffffffffff81116105ad5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc82360301126105ad5760ff5f5c1661058557610d9760209260017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d61148d816124b1565b5f9491945060405162ffffff878201928784521660408201525f6060820152606081526114bb608082611b3a565b519020906004019161278f565b346105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161012081126105ad5760e0136105ad5760e43564ffffffffff81168091036105ad576101043567ffffffffffffffff81116105ad576115339036906004016118ba565b919060ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d8142116107c957611576611d20565b926115ef61158385611e2b565b9361158c6121e4565b9060405160208101917f0dfad1789a3775f7a26ca43a8c38ae7b298818727437825e3dd52b3b3b1e5bda83528860408301528760e81c60608301526bffffffffffffffffffffffff8816608083015260a082015260a0815261075160c082611b3a565b906116056115fb611a67565b8285855a9361234f565b15928361161d575b5050506107a157610779916123b6565b61162a9350610763611a8a565b1583808061160d565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126105ad5760e0136105ad5761166e611883565b60ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d73ffffffffffffffffffffffffffffffffffffffff6116bd611a67565b16330361055957806116d161077992611fd2565b5050610979611a44565b346105ad5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126105ad5760ff5f5c166105855760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5c16175f5d611744611d20565b61174d81611e2b565b60a43564ffffffffff811681036105ad576117758164ffffffffff9250828460c01c16611e7b565b16918215801561187a575b61184e5761077992507f932daff9f50a3b3b91b69a41700cbf7508ef0e285f677ddaca4f8ba7854a03ca6bffffffffffffffffffffffff8360601c166117d4816bffffffffffffffffffffffff86166119ed565b936117de81611eb4565b845f525f60205260405f20556118258560405193849360e81c849160409194936bffffffffffffffffffffffff809262ffffff606087019816865216602085015216910152565b0390a2611830611a44565b906bffffffffffffffffffffffff611846611a67565b911691611eec565b827faa72ab2a000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50824210611780565b60e435906bffffffffffffffffffffffff821682036105ad57565b61010435906bffffffffffffffffffffffff821682036105ad57565b9181601f840112156105ad5782359167ffffffffffffffff83116105ad57602083818601950101116105ad57565b9181601f840112156105ad5782359167ffffffffffffffff83116105ad576020808501948460051b0101116105ad57565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc81016101a081126105ad5760e0136105ad5760049160e4356bffffffffffffffffffffffff811681036105ad577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffefc60a0919301126105ad5761010490565b3564ffffffffff811681036105ad5790565b906bffffffffffffffffffffffff809116911603906bffffffffffffffffffffffff8211611a1757565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b60443573ffffffffffffffffffffffffffffffffffffffff811681036105ad5790565b60043573ffffffffffffffffffffffffffffffffffffffff811681036105ad5790565b60643573ffffffffffffffffffffffffffffffffffffffff811681036105ad5790565b60243573ffffffffffffffffffffffffffffffffffffffff811681036105ad5790565b3573ffffffffffffffffffffffffffffffffffffffff811681036105ad5790565b6080810190811067ffffffffffffffff821117611b0d57604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff821117611b0d57604052565b67ffffffffffffffff8111611b0d5760051b60200190565b60405190611ba082611af1565b5f6060838281528260208201528260408201520152565b8051821015611bcb5760209160051b010190565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b91908201809211611a1757565b611c0d611b93565b505f525f60205260405f205460405190611c2682611af1565b6bffffffffffffffffffffffff811682526bffffffffffffffffffffffff8160601c16602083015264ffffffffff8160c01c16604083015260e81c606082015290565b60405190611c78604083611b3a565b601282527f547269627574617279204368616e6e656c7300000000000000000000000000006020830152565b60405190611cb3604083611b3a565b600182527f31000000000000000000000000000000000000000000000000000000000000006020830152565b9162ffffff6040519260208401948552166040830152606082015260608152611d09608082611b3a565b51902090565b3563ffffffff811681036105ad5790565b60043573ffffffffffffffffffffffffffffffffffffffff811681036105ad576024359073ffffffffffffffffffffffffffffffffffffffff821682036105ad5760443573ffffffffffffffffffffffffffffffffffffffff811681036105ad5760643573ffffffffffffffffffffffffffffffffffffffff811681036105ad576084359063ffffffff821682036105ad5760a4359264ffffffffff841684036105ad57611dd19560c435956130da565b90565b611dd190611de181611ad0565b90611dee60208201611ad0565b611dfa60408301611ad0565b611e0660608401611ad0565b90611e1360808501611d0f565b9260c0611e2260a087016119db565b950135956130da565b90815f525f60205260405f2054916bffffffffffffffffffffffff831615611e505750565b7f5b115874000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b9064ffffffffff82168015611eae5764ffffffffff8216908115611ea8571015611ea3575090565b905090565b50505090565b50905090565b60e81c60010162ffffff8111611a175760e81b7fffffff00000000000000000000000000000000000000000000000000000000001690565b9190918115611fcd5773ffffffffffffffffffffffffffffffffffffffff8116611f6457505f80808093855af15b15611f225750565b73ffffffffffffffffffffffffffffffffffffffff907f7582a079000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b90611fc891604051917fa9059cbb00000000000000000000000000000000000000000000000000000000602084015273ffffffffffffffffffffffffffffffffffffffff85166024840152604483015260448252611fc3606483611b3a565b613173565b611f1a565b505050565b906bffffffffffffffffffffffff82169081156103ef57611ff36004611dd4565b9261201561200085611e2b565b936bffffffffffffffffffffffff8516611bf8565b6bffffffffffffffffffffffff811161097e575f85815260208181526040918290207fffffff000000000000000000000000000000000000000000000000000000000087166bffffffffffffffffffffffff94851677ffffffffffffffffffffffff000000000000000000000000891681179190911791829055835160e89290921c8252939094169084015282015283907f37f683c6bce43dd87af9d290c987388f68185e024fc7ef11b85733c8118598869080606081015b0390a2565b9073ffffffffffffffffffffffffffffffffffffffff82161561219b573461216b5781612102612169936131a8565b906121646040517f23b872dd0000000000000000000000000000000000000000000000000000000060208201523360248201523060448201526bffffffffffffffffffffffff851660648201526064815261215e608482611b3a565b8261347c565b61327e565b565b7f195a3ca1000000000000000000000000000000000000000000000000000000005f52346004525f60245260445ffd5b6bffffffffffffffffffffffff9150168034036121b55750565b7f195a3ca1000000000000000000000000000000000000000000000000000000005f523460045260245260445ffd5b467f00000000000000000000000000000000000000000000000000000000000000000361222f577f000000000000000000000000000000000000000000000000000000000000000090565b612237611c69565b60208151910120612246611ca4565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a08152611d0960c082611b3a565b906040519060208201927f190100000000000000000000000000000000000000000000000000000000000084526022830152604282015260428152611d09606282611b3a565b9192909273ffffffffffffffffffffffffffffffffffffffff6123088383876132fa565b16801515908161232f575b5061232657611dd1936207a120936133ea565b50505050600190565b905073ffffffffffffffffffffffffffffffffffffffff8416145f612313565b9392919073ffffffffffffffffffffffffffffffffffffffff6123738484846132fa565b168015159081612396575b5061238c57611dd1946133ea565b5050505050600190565b905073ffffffffffffffffffffffffffffffffffffffff8616145f61237e565b9064ffffffffff8160c01c1680610ec1575060843563ffffffff8116908181036105ad575064ffffffffff4216019064ffffffffff8211611a17577f915349409b49ce76bc8dfebed1555ce3c129bd447b18b9fd06a0e38393a5fb6f9160409160e881901c9164ffffffffff9177ffffffffffffffffffffffff00000000000000000000000081166bffffffffffffffffffffffff82161760c083901b7cffffffffff00000000000000000000000000000000000000000000000016177fffffff000000000000000000000000000000000000000000000000000000000090911617865f525f602052845f20558351928352166020820152a2565b906024359073ffffffffffffffffffffffffffffffffffffffff821680831415806105ad5781158015612784575b612752576064359473ffffffffffffffffffffffffffffffffffffffff861680871415806105ad5781158015612742575b6127105760a4359064ffffffffff8216988983141594856105ad578a151580612703575b6126d0576bffffffffffffffffffffffff169081156103ef576125576004611dd4565b9a8b5f525f60205260405f20546bffffffffffffffffffffffff81166126a45760e81c9162ffffff831461267857829b8d7fffffff00000000000000000000000000000000000000000000000000000000008560e81b168617905f525f60205260405f20556004359973ffffffffffffffffffffffffffffffffffffffff8b169a8b81036105ad57506105ad57506044359473ffffffffffffffffffffffffffffffffffffffff8616958681036105ad57506105ad57506084359663ffffffff8816978881036105ad57506105ad578b967f7c5591ae37786e48b4115b7aca2084e21e1c66eb82ac85158ec4e22662545cbc9660e0965060405195865260208601526040850152606084015260c435608084015260a083015260c0820152a4565b8c7fb000397e000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b8c7f095d0229000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b8a84876105ad57507f47d7a613000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b505f9550428b1115612534565b87906105ad57507f79bc7d6a000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50505f836105ad57848214612510565b83906105ad57507fe601cda7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50505f3082146124df565b909160443573ffffffffffffffffffffffffffffffffffffffff811681036105ad576127ba816131a8565b9160043573ffffffffffffffffffffffffffffffffffffffff8116908181036105ad57506127eb6040830183612da4565b909290604181036128a3578060401015611bcb57806020116105ad578335906040116105ad5760406121649461216999602080830135958451977fef55bec600000000000000000000000000000000000000000000000000000000838a015260248901523060448901526bffffffffffffffffffffffff8c16606489015280356084890152013560a487015260c4860152013560f81c60e4840152610104830152610124820152610124815261215e61014482611b3a565b916129256121649461215e93946121699a60206040519788967f88b7ab63000000000000000000000000000000000000000000000000000000008389015260248801523060448801526bffffffffffffffffffffffff8d16606488015280356084880152013560a486015260c485015260e060e48501526101048401916133ac565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282611b3a565b906bffffffffffffffffffffffff9081831680838316105f1461299b5750915b60601c16806bffffffffffffffffffffffff8316115f1461299557611dd1916119ed565b50505f90565b905091612971565b916bffffffffffffffffffffffff611dd19462ffffff6040519360208501957f29a230409cae3c5fda00c9809e279630c2618091520dc99fb910002888fcb458875260408601521660608401521660808201526080815261075160a082611b3a565b916bffffffffffffffffffffffff81166bffffffffffffffffffffffff8360601c1601916bffffffffffffffffffffffff8311611a17577fd0a119426dd4cf513d9d352a31bf61c89dd11891320e593ab84c44d8739e473a9260601b77ffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff8216177cffffffffff0000000000000000000000000000000000000000000000008216177fffffff0000000000000000000000000000000000000000000000000000000000909116175f8481526020818152604091829020839055815160e884901c81526bffffffffffffffffffffffff94851691810191909152606092831c90931690830152819081016120ce565b9192946bffffffffffffffffffffffff8260601c16946bffffffffffffffffffffffff8316966bffffffffffffffffffffffff8616878110612d5c57888111612d2d579081888895949311612c8f575b5050505081612b977fc14c55223b6058b70feef944705fbe4c421cb144e83d7ca24409dff1deaa93b193611eb4565b845f525f60205260405f2055612be7612bb083896119ed565b60405193849360e81c849160409194936bffffffffffffffffffffffff809262ffffff606087019816865216602085015216910152565b0390a26044359173ffffffffffffffffffffffffffffffffffffffff831683036105ad5760243573ffffffffffffffffffffffffffffffffffffffff811681036105ad576bffffffffffffffffffffffff612c45612c4d93856119ed565b169084611eec565b6004359073ffffffffffffffffffffffffffffffffffffffff821682036105ad57612c886bffffffffffffffffffffffff91612169956119ed565b1691611eec565b90919293506bffffffffffffffffffffffff8216808211612cff575050612cc390612cb86121e4565b868660e81c916129a3565b916064359173ffffffffffffffffffffffffffffffffffffffff831683036105ad57612cf0935a9361234f565b156107a157825f808080612b68565b7f466e4b00000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b887f6e0dea81000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b877facd12598000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b356bffffffffffffffffffffffff811681036105ad5790565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156105ad570180359067ffffffffffffffff82116105ad576020019181360383136105ad57565b919290612e3990612e0583611ad0565b906020840195612e1487611ad0565b612e2060408701611d0f565b91612e2d606088016119db565b936080880135956130da565b92835f525f60205260405f20549160a08101612e5d612e5782612d8b565b85612951565b946bffffffffffffffffffffffff8516612ee9575050505050507fac5a957b725c6a92027fd73e8878b43b02e70f0c6f2b5d3e7e8cc75a00a43e2960207f5b115874000000000000000000000000000000000000000000000000000000005b7fffffffff0000000000000000000000000000000000000000000000000000000060405191168152a25f90565b6bffffffffffffffffffffffff8616612f4b575050505050507fac5a957b725c6a92027fd73e8878b43b02e70f0c6f2b5d3e7e8cc75a00a43e2960207f767fb35f00000000000000000000000000000000000000000000000000000000612ebc565b612f73612f7e91612f67612f61612f8697611ad0565b94612d8b565b90898860e81c916129a3565b9260c0810190612da4565b9290916122e4565b612fd55750507fac5a957b725c6a92027fd73e8878b43b02e70f0c6f2b5d3e7e8cc75a00a43e2960207f8baa579f00000000000000000000000000000000000000000000000000000000612ebc565b90611dd1918193612a05565b60408301359160ff83168093036105ad575f809493608082956040519273ffffffffffffffffffffffffffffffffffffffff60208501967fd505accf000000000000000000000000000000000000000000000000000000008852166024850152306044850152813560648501526020820135608485015260a4840152606081013560c4840152013560e482015260e4815261307e61010482611b3a565b51925af1503d15612169573d67ffffffffffffffff8111611b0d57604051906130cf601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200183611b3a565b81525f60203d92013e565b959373ffffffffffffffffffffffffffffffffffffffff64ffffffffff948163ffffffff949895816040519a8160208d019d8e7f000000000000000000000000000000000000000000000000000000000000000090528d6040309101521660608d01521660808b01521660a08901521660c08701521660e0850152166101008301526101208201526101208152611d0961014082611b3a565b91905f602091828151910182865af1918261318b5750565b9091503d156131a2575060015f5114601f3d111690565b3b151590565b803b1561324757602073ffffffffffffffffffffffffffffffffffffffff916024604051809481937f70a08231000000000000000000000000000000000000000000000000000000008352306004840152165afa90811561323c575f9161320d575090565b90506020813d602011613234575b8161322860209383611b3a565b810103126105ad575190565b3d915061321b565b6040513d5f823e3d90fd5b60446040517ff8e68f23000000000000000000000000000000000000000000000000000000008152602060048201525f6024820152fd5b613287906131a8565b90808211156132e4578103908111611a17576bffffffffffffffffffffffff90915b16908181036132b6575050565b7f1ff641ae000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b50506bffffffffffffffffffffffff5f916132a9565b604183036133a557826020116105ad57813591836040116105ad5760208101359360401015611bcb576040013560f81c907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411801561338e575b613386576020935f93608093604051938452868401526040830152606082015282805260015afa1561323c575f5190565b505050505f90565b50601b82141580156133555750601c821415613355565b5050505f90565b601f82602094937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe093818652868601375f8582860101520116010190565b939193803b15613473576020946134425f956129256040519384928a8401977f1626ba7e00000000000000000000000000000000000000000000000000000000895260248501526040604485015260648401916133ac565b5192fa7f1626ba7e000000000000000000000000000000000000000000000000000000005f511490601f3d11161690565b50505050505f90565b9061348691613173565b612169576134fd6040513d81523d5f602083013e7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0603f3d83010116918291826040527ff8e68f23000000000000000000000000000000000000000000000000000000008352602060048401526024830190611919565b0390fdfea164736f6c6343000825000a';

/** The dollar of local chains. Constructor: its owner, who mints. */
export const testDollarAbi = [
	{ inputs: [{ name: 'owner_', type: 'address' }], stateMutability: 'nonpayable', type: 'constructor' },
	{ inputs: [{ name: 'account', type: 'address' }], name: 'AccountBlacklisted', type: 'error' },
	{ inputs: [{ name: 'validBefore', type: 'uint256' }], name: 'AuthorizationExpired', type: 'error' },
	{ inputs: [{ name: 'validAfter', type: 'uint256' }], name: 'AuthorizationNotYetValid', type: 'error' },
	{ inputs: [{ name: 'nonce', type: 'bytes32' }], name: 'AuthorizationUsedOrCanceled', type: 'error' },
	{ inputs: [{ name: 'sender', type: 'address' }], name: 'CallerNotRecipient', type: 'error' },
	{
		inputs: [
			{ name: 'spender', type: 'address' },
			{ name: 'allowed', type: 'uint256' },
			{ name: 'value', type: 'uint256' }
		],
		name: 'InsufficientAllowance',
		type: 'error'
	},
	{
		inputs: [
			{ name: 'account', type: 'address' },
			{ name: 'balance', type: 'uint256' },
			{ name: 'value', type: 'uint256' }
		],
		name: 'InsufficientBalance',
		type: 'error'
	},
	{ inputs: [], name: 'InvalidSignature', type: 'error' },
	{ inputs: [{ name: 'sender', type: 'address' }], name: 'NotOwner', type: 'error' },
	{ inputs: [], name: 'Paused', type: 'error' },
	{ inputs: [{ name: 'deadline', type: 'uint256' }], name: 'PermitExpired', type: 'error' },
	{ inputs: [], name: 'ZeroRecipient', type: 'error' },
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'owner', type: 'address' },
			{ indexed: true, name: 'spender', type: 'address' },
			{ indexed: false, name: 'value', type: 'uint256' }
		],
		name: 'Approval',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'authorizer', type: 'address' },
			{ indexed: true, name: 'nonce', type: 'bytes32' }
		],
		name: 'AuthorizationCanceled',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'authorizer', type: 'address' },
			{ indexed: true, name: 'nonce', type: 'bytes32' }
		],
		name: 'AuthorizationUsed',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [{ indexed: true, name: 'account', type: 'address' }],
		name: 'Blacklisted',
		type: 'event'
	},
	{ anonymous: false, inputs: [], name: 'Pause', type: 'event' },
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'from', type: 'address' },
			{ indexed: true, name: 'to', type: 'address' },
			{ indexed: false, name: 'value', type: 'uint256' }
		],
		name: 'Transfer',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [{ indexed: true, name: 'account', type: 'address' }],
		name: 'UnBlacklisted',
		type: 'event'
	},
	{ anonymous: false, inputs: [], name: 'Unpause', type: 'event' },
	{
		inputs: [],
		name: 'CANCEL_AUTHORIZATION_TYPEHASH',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [],
		name: 'DOMAIN_SEPARATOR',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [],
		name: 'PERMIT_TYPEHASH',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [],
		name: 'RECEIVE_WITH_AUTHORIZATION_TYPEHASH',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [],
		name: 'TRANSFER_WITH_AUTHORIZATION_TYPEHASH',
		outputs: [{ name: '', type: 'bytes32' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'account', type: 'address' },
			{ name: 'spender', type: 'address' }
		],
		name: 'allowance',
		outputs: [{ name: '', type: 'uint256' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'spender', type: 'address' },
			{ name: 'value', type: 'uint256' }
		],
		name: 'approve',
		outputs: [{ name: '', type: 'bool' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'authorizer', type: 'address' },
			{ name: 'nonce', type: 'bytes32' }
		],
		name: 'authorizationState',
		outputs: [{ name: '', type: 'bool' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [{ name: 'account', type: 'address' }],
		name: 'balanceOf',
		outputs: [{ name: '', type: 'uint256' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [{ name: 'account', type: 'address' }],
		name: 'blacklist',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'authorizer', type: 'address' },
			{ name: 'nonce', type: 'bytes32' },
			{ name: 'v', type: 'uint8' },
			{ name: 'r', type: 'bytes32' },
			{ name: 's', type: 'bytes32' }
		],
		name: 'cancelAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'authorizer', type: 'address' },
			{ name: 'nonce', type: 'bytes32' },
			{ name: 'signature', type: 'bytes' }
		],
		name: 'cancelAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [],
		name: 'decimals',
		outputs: [{ name: '', type: 'uint8' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [{ name: 'account', type: 'address' }],
		name: 'isBlacklisted',
		outputs: [{ name: '', type: 'bool' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' }
		],
		name: 'mint',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [],
		name: 'name',
		outputs: [{ name: '', type: 'string' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [{ name: 'account', type: 'address' }],
		name: 'nonces',
		outputs: [{ name: '', type: 'uint256' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [],
		name: 'owner',
		outputs: [{ name: '', type: 'address' }],
		stateMutability: 'view',
		type: 'function'
	},
	{ inputs: [], name: 'pause', outputs: [], stateMutability: 'nonpayable', type: 'function' },
	{
		inputs: [],
		name: 'paused',
		outputs: [{ name: '', type: 'bool' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'account', type: 'address' },
			{ name: 'spender', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'deadline', type: 'uint256' },
			{ name: 'signature', type: 'bytes' }
		],
		name: 'permit',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'account', type: 'address' },
			{ name: 'spender', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'deadline', type: 'uint256' },
			{ name: 'v', type: 'uint8' },
			{ name: 'r', type: 'bytes32' },
			{ name: 's', type: 'bytes32' }
		],
		name: 'permit',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'validAfter', type: 'uint256' },
			{ name: 'validBefore', type: 'uint256' },
			{ name: 'nonce', type: 'bytes32' },
			{ name: 'signature', type: 'bytes' }
		],
		name: 'receiveWithAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'validAfter', type: 'uint256' },
			{ name: 'validBefore', type: 'uint256' },
			{ name: 'nonce', type: 'bytes32' },
			{ name: 'v', type: 'uint8' },
			{ name: 'r', type: 'bytes32' },
			{ name: 's', type: 'bytes32' }
		],
		name: 'receiveWithAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [],
		name: 'symbol',
		outputs: [{ name: '', type: 'string' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [],
		name: 'totalSupply',
		outputs: [{ name: '', type: 'uint256' }],
		stateMutability: 'view',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' }
		],
		name: 'transfer',
		outputs: [{ name: '', type: 'bool' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' }
		],
		name: 'transferFrom',
		outputs: [{ name: '', type: 'bool' }],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'validAfter', type: 'uint256' },
			{ name: 'validBefore', type: 'uint256' },
			{ name: 'nonce', type: 'bytes32' },
			{ name: 'signature', type: 'bytes' }
		],
		name: 'transferWithAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'validAfter', type: 'uint256' },
			{ name: 'validBefore', type: 'uint256' },
			{ name: 'nonce', type: 'bytes32' },
			{ name: 'v', type: 'uint8' },
			{ name: 'r', type: 'bytes32' },
			{ name: 's', type: 'bytes32' }
		],
		name: 'transferWithAuthorization',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{
		inputs: [{ name: 'account', type: 'address' }],
		name: 'unBlacklist',
		outputs: [],
		stateMutability: 'nonpayable',
		type: 'function'
	},
	{ inputs: [], name: 'unpause', outputs: [], stateMutability: 'nonpayable', type: 'function' },
	{
		inputs: [],
		name: 'version',
		outputs: [{ name: '', type: 'string' }],
		stateMutability: 'view',
		type: 'function'
	}
] as const;

/** What deploys it. */
export const testDollarBytecode: Hex =
	'0x60a03461008d57601f611ee038819003918201601f19168301916001600160401b038311848410176100915780849260209460405283398101031261008d57516001600160a01b038116810361008d57608052604051611e3a90816100a6823960805181818161023e0152818161082c015281816108b201528181610bc601528181610cd50152610fd20152f35b5f80fd5b634e487b7160e01b5f52604160045260245ffdfe60806040526004361015610011575f80fd5b5f3560e01c806306fdde03146110ee578063095ea7b3146110a157806318160ddd146110665780631a89526614610f8457806323b872dd14610e1857806330adf81f14610dc0578063313ce56714610d875780633644e51514610d475780633f4ba83a14610c9057806340c10f1914610b7457806354fd4d5014610b275780635a049a7014610a845780635c975abb14610a4557806370a08231146109e25780637ecebe001461097f5780637f2eecc3146109275780638456cb591461086d57806388b7ab63146108505780638da5cb5b146107e257806395d89b41146107615780639fd5a6cf146106ef578063a0cc6a6814610697578063a9059cbb1461063f578063b7b72899146105da578063cf092995146105bd578063d505accf1461050d578063d9169487146104b5578063dd62ed3e14610429578063e3ee160e1461040d578063e94a010214610399578063ef55bec614610301578063f9f92be4146101f05763fe575a8714610184575f80fd5b346101ec5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5773ffffffffffffffffffffffffffffffffffffffff6101d061124d565b165f526004602052602060ff60405f2054166040519015158152f35b5f80fd5b346101ec5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761022761124d565b73ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036102d55773ffffffffffffffffffffffffffffffffffffffff16805f52600460205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557fffa4e6181777692565cf28528fc88fd1516ea86b56da075235fa575af6a4b8555f80a2005b7f245aecd3000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b346101ec57610397610392610366610318366113b2565b60408051602081019390935282015260f89190911b7fff0000000000000000000000000000000000000000000000000000000000000016606082015297909691959294929188906061820190565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101895288611127565b6114ca565b005b346101ec5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5773ffffffffffffffffffffffffffffffffffffffff6103e561124d565b165f52600660205260405f206024355f52602052602060ff60405f2054166040519015158152f35b346101ec57610397610424610366610318366113b2565b611acc565b346101ec5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761046061124d565b73ffffffffffffffffffffffffffffffffffffffff61047d611270565b91165f52600360205273ffffffffffffffffffffffffffffffffffffffff60405f2091165f52602052602060405f2054604051908152f35b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5760206040517f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a15974298152f35b346101ec5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761054461124d565b61054c611270565b6084359060ff821682036101ec576040805160a435602082015260c4359181019190915260f89290921b7fff0000000000000000000000000000000000000000000000000000000000000016606083015260418252610397926105b0606184611127565b60643591604435916116c3565b346101ec576103976105ce36611314565b95949094939193611acc565b346101ec5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761061161124d565b6044359067ffffffffffffffff82116101ec576106356103979236906004016112ce565b90602435906117d9565b346101ec5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761068c61067961124d565b61068233611927565b60243590336119f0565b602060405160018152f35b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5760206040517f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a22678152f35b346101ec5760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761072661124d565b61072e611270565b906084359167ffffffffffffffff83116101ec576107536103979336906004016112ce565b9160643591604435916116c3565b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec576107de6040516107a0604082611127565b600481527f5455534400000000000000000000000000000000000000000000000000000000602082015260405191829160208352602083019061120a565b0390f35b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57602060405173ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b346101ec5761039761086136611314565b959490949391936114ca565b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5773ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036102d55760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5416175f557f6985a02210a168e66602d3235cb6db0e70f92b3ba4d376a33c0f3d9434bff6255f80a1005b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5760206040517fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de88152f35b346101ec5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5773ffffffffffffffffffffffffffffffffffffffff6109cb61124d565b165f526005602052602060405f2054604051908152f35b346101ec5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5773ffffffffffffffffffffffffffffffffffffffff610a2e61124d565b165f526002602052602060405f2054604051908152f35b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57602060ff5f54166040519015158152f35b346101ec5760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57610abb61124d565b60443560ff811681036101ec576040805160643560208201526084359181019190915260f89190911b7fff000000000000000000000000000000000000000000000000000000000000001660608201526041815261039791610b1e606183611127565b602435906117d9565b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec576107de610b60611293565b60405191829160208352602083019061120a565b346101ec5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57610bab61124d565b6024359073ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036102d55780610c0b73ffffffffffffffffffffffffffffffffffffffff92611927565b16908115610c68577fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef602082610c445f946001546114bd565b6001558484526002825260408420610c5d8282546114bd565b9055604051908152a3005b7fd27b4443000000000000000000000000000000000000000000000000000000005f5260045ffd5b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5773ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036102d5577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f54165f557f7805862f689e2f13df9f062ff482ad3ad112aca9e0847911ed832e158c525b335f80a1005b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec576020610d7f611448565b604051908152f35b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57602060405160068152f35b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5760206040517f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c98152f35b346101ec5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57610e4f61124d565b610e57611270565b60443590610e6433611927565b73ffffffffffffffffffffffffffffffffffffffff831692835f52600360205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f5260205260405f2054838110610f50577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8103610ee3575b5061068c93506119f0565b838103908111610f235761068c945f52600360205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f5260205260405f205584610ed8565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b83907f192b9e4e000000000000000000000000000000000000000000000000000000005f523360045260245260445260645ffd5b346101ec5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec57610fbb61124d565b73ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036102d55773ffffffffffffffffffffffffffffffffffffffff16805f52600460205260405f207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0081541690557f117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e5f80a2005b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec576020600154604051908152f35b346101ec5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec5761068c6110db61124d565b6110e433611927565b6024359033611988565b346101ec575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101ec576107de610b606111cf565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761116857604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b67ffffffffffffffff811161116857601f017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200190565b604051906111de604083611127565b600b82527f5465737420446f6c6c61720000000000000000000000000000000000000000006020830152565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b6004359073ffffffffffffffffffffffffffffffffffffffff821682036101ec57565b6024359073ffffffffffffffffffffffffffffffffffffffff821682036101ec57565b604051906112a2604083611127565b600182527f31000000000000000000000000000000000000000000000000000000000000006020830152565b81601f820112156101ec578035906112e582611195565b926112f36040519485611127565b828452602083830101116101ec57815f926020809301838601378301015290565b60e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8201126101ec5760043573ffffffffffffffffffffffffffffffffffffffff811681036101ec579160243573ffffffffffffffffffffffffffffffffffffffff811681036101ec579160443591606435916084359160a4359160c4359067ffffffffffffffff82116101ec576113af916004016112ce565b90565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc6101209101126101ec5760043573ffffffffffffffffffffffffffffffffffffffff811681036101ec579060243573ffffffffffffffffffffffffffffffffffffffff811681036101ec579060443590606435906084359060a4359060c43560ff811681036101ec579060e435906101043590565b6114506111cf565b6020815191012061145f611293565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526114b760c082611127565b51902090565b91908201809211610f2357565b9296959694919493909373ffffffffffffffffffffffffffffffffffffffff851690338203611697578042111561166c57824210156116405773ffffffffffffffffffffffffffffffffffffffff851692835f52600660205260405f20855f5260205260ff60405f20541661161457916116129899916115aa936040519160208301937fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8855287604085015260608401528a608084015260a083015260c08201528560e082015260e081526115a161010082611127565b51902085611bc6565b805f52600660205260405f20825f5260205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557f98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a55f80a36119f0565b565b847f011dbdcc000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b827f3d91b05f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f7a4df079000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f16e24de2000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b909192938442116117ad576116d782611927565b73ffffffffffffffffffffffffffffffffffffffff821690815f52600560205260405f209182547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8114610f2357611612976117a8946001830190556040519160208301937f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c98552604084015273ffffffffffffffffffffffffffffffffffffffff8816606084015288608084015260a083015260c082015260c0815261179f60e082611127565b51902083611bc6565b611988565b847f9e96b26f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b909160ff5f54166118ff5773ffffffffffffffffffffffffffffffffffffffff821691825f52600660205260405f20845f5260205260ff60405f2054166118d3579061186e9160405160208101907f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429825285604082015286606082015260608152611865608082611127565b51902090611bc6565b805f52600660205260405f20825f5260205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557f1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d815f80a3565b837f011dbdcc000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f9e87fac8000000000000000000000000000000000000000000000000000000005f5260045ffd5b60ff5f54166118ff5773ffffffffffffffffffffffffffffffffffffffff16805f52600460205260ff60405f20541661195d5750565b7f571f7b49000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b602073ffffffffffffffffffffffffffffffffffffffff807f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925936119cb86611927565b1693845f526003835260405f208282165f5283528560405f20556040519586521693a3565b919073ffffffffffffffffffffffffffffffffffffffff90611a1184611927565b611a1a81611927565b16918215610c685773ffffffffffffffffffffffffffffffffffffffff1690815f52600260205260405f2054818110611a9a57817fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef92602092855f52600284520360405f2055845f526002825260405f20818154019055604051908152a3565b827fdb42144d000000000000000000000000000000000000000000000000000000005f5260045260245260445260645ffd5b929695969491949390938042111561166c5781421015611b9a5773ffffffffffffffffffffffffffffffffffffffff841691825f52600660205260405f20845f5260205260ff60405f2054166118d357976115aa9161161298996040519060208201927f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267845286604084015273ffffffffffffffffffffffffffffffffffffffff8a1660608401528a608084015260a083015260c08201528560e082015260e081526115a161010082611127565b507f3d91b05f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b9190611bd0611448565b906040519060208201927f190100000000000000000000000000000000000000000000000000000000000084526022830152604282015260428152611c16606282611127565b519020916041825114611d62575b803b15611ce9575f92611c79611ca5859460405192839160208301957f1626ba7e000000000000000000000000000000000000000000000000000000008752602484015260406044840152606483019061120a565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282611127565b51915afa3d15611d5a573d90611cba82611195565b91611cc86040519384611127565b82523d5f602084013e5b15908115611d4d575b8115611d11575b50611ce957565b7f8baa579f000000000000000000000000000000000000000000000000000000005f5260045ffd5b90506020818051810103126101ec57602001517f1626ba7e0000000000000000000000000000000000000000000000000000000014155f611ce2565b9050602081511090611cdb565b606090611cd2565b6020820151604083015160608401515f1a917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0821115611da5575b505050611c24565b6020925f9260809260405192898452868401526040830152606082015282805260015afa15611e225773ffffffffffffffffffffffffffffffffffffffff5f51168015159081611e02575b50611dfd575f8080611d9d565b505050565b905073ffffffffffffffffffffffffffffffffffffffff8216145f611df0565b6040513d5f823e3d90fdfea164736f6c6343000825000a';
