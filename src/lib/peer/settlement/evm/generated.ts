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
	{ inputs: [{ name: 'length', type: 'uint256' }], name: 'MalformedRows', type: 'error' },
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
			{ indexed: false, name: 'amounts', type: 'uint256' }
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
			{ indexed: false, name: 'amounts', type: 'uint256' }
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
			{ indexed: false, name: 'amounts', type: 'uint256' }
		],
		name: 'ToppedUp',
		type: 'event'
	},
	{
		anonymous: false,
		inputs: [
			{ indexed: true, name: 'channelId', type: 'bytes32' },
			{ indexed: false, name: 'amounts', type: 'uint256' }
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
			{ name: 'signature', type: 'bytes32[2]' }
		],
		name: 'claim',
		outputs: [{ name: 'paid', type: 'uint256' }],
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
			{ name: 'payee', type: 'address' },
			{ name: 'token', type: 'address' },
			{ name: 'rows', type: 'bytes' }
		],
		name: 'claimPacked',
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
	'0x60c060405234610120574660805260405161001b604082610124565b6012815271547269627574617279204368616e6e656c7360701b602090910152604080517f53bbb5b70c26f2cc8e92932fc1e46a23a5c858b75a7d27787db25156757e25cc9161006b9082610124565b600181526020810190603160f81b82525190206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526100cf60c082610124565b51902060a052604051612fc1908161015c823960805181818161090301528181611c4b01528181611c8b01528181611ce301528181611ec60152818161241a0152612a38015260a05181611d090152f35b5f80fd5b601f909101601f19168101906001600160401b0382119082101761014757604052565b634e487b7160e01b5f52604160045260245ffdfe60806040526004361015610011575f80fd5b5f3560e01c806302b0434c1461156b5780630b0eb290146114295780632c3abb89146113b1578063427b5a181461127857806346efb179146111a957806350d5124d1461102557806352f0145314610fa7578063612d65aa14610ed25780636345f78514610d8857806377e27a7514610caf578063831c2b8214610c1e57806384b0196e14610b2e5780638955433914610a675780638ab9d71214610a175780639e54841b14610888578063b2db43bb14610751578063d073b46114610573578063d76424a6146105325763fabb1a10146100ea575f80fd5b3461052e576100f8366117e2565b5f5c6105065773ffffffffffffffffffffffffffffffffffffffff61011c846118ff565b1633036104da57602083019073ffffffffffffffffffffffffffffffffffffffff610146836118ff565b161580156104b3575b61046957606084019173ffffffffffffffffffffffffffffffffffffffff610176846118ff565b16158015610437575b6103ed5760a085019264ffffffffff61019785611861565b161515806103d3575b610398576bffffffffffffffffffffffff85168015610370576101c287611c7f565b96879182546bffffffffffffffffffffffff8116610344578060e81c9062ffffff821461031857821784556101f6836118ff565b95610200906118ff565b92604081019861020f8a6118ff565b96610219906118ff565b90610226608084016122e6565b9061023090611861565b916040519873ffffffffffffffffffffffffffffffffffffffff16895273ffffffffffffffffffffffffffffffffffffffff16602089015263ffffffff16604088015264ffffffffff16606087015260c00135608086015260a085015260c084015273ffffffffffffffffffffffffffffffffffffffff169273ffffffffffffffffffffffffffffffffffffffff169160e07f7c5591ae37786e48b4115b7aca2084e21e1c66eb82ac85158ec4e22662545cbc91a433906102f0836118ff565b916102fa92612c0d565b610303906118ff565b9061030d91611f89565b604051908152602090f35b847fb000397e000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b837f095d0229000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f1f2a2005000000000000000000000000000000000000000000000000000000005f5260045ffd5b64ffffffffff6103a785611861565b7f47d7a613000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b506103dd84611861565b64ffffffffff42911611156101a0565b73ffffffffffffffffffffffffffffffffffffffff61040b846118ff565b7f79bc7d6a000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b50610441836118ff565b73ffffffffffffffffffffffffffffffffffffffff80610460846118ff565b1691161461017f565b73ffffffffffffffffffffffffffffffffffffffff610487836118ff565b7fe601cda7000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b506104bd826118ff565b73ffffffffffffffffffffffffffffffffffffffff16301461014f565b7f11a4cac0000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b7fb5dfd9e5000000000000000000000000000000000000000000000000000000005f5260045ffd5b5f80fd5b3461052e5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e57602061056b611c43565b604051908152f35b3461052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610180811261052e5760e01361052e576105b36116c3565b6105bb6116de565b6101243567ffffffffffffffff811161052e576105dc9036906004016116fa565b91610144359364ffffffffff851680950361052e576101643567ffffffffffffffff811161052e576106129036906004016116fa565b9590814211610725576106ed90610627611c43565b976106dc6106348a611b61565b9461063d611ce0565b9060405160208101917f27abc2efd293800dcddbbd72bf538ec3d4610fd3dbfe1275e8150f024bc9e68383528d60408301528860e81c60608301526bffffffffffffffffffffffff8a16608083015260a082015260a081526106a060c082611969565b51902090604291604051917f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201522090565b916106e56118dc565b925a936121f3565b156106fd576106fb956127e3565b005b7f8baa579f000000000000000000000000000000000000000000000000000000005f5260045ffd5b507f6747c9fd000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b3461052e5761075f366117e2565b915f5c6105065773ffffffffffffffffffffffffffffffffffffffff610784826118ff565b1633036104da576bffffffffffffffffffffffff8216928315610370576107aa82611c7f565b936107b485611b61565b92816bffffffffffffffffffffffff851601906bffffffffffffffffffffffff8211610860576106fb967f8fe679299dd065cb3d7e488e3501d2ca20409d22c814ad142928e5912335d42360206040948887610856987fffffff0000000000ffffffffffffffffffffffffffffffffffffffffffffffff61085b9c1601865560601b9060e81c60c01b17178551908152a2019133610851846118ff565b612c0d565b6118ff565b611f89565b7fc56d46d3000000000000000000000000000000000000000000000000000000005f5260045ffd5b3461052e5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e576108bf611759565b6108c761177c565b60443567ffffffffffffffff811161052e576108e79036906004016116fa565b91905f92609d81066109ec57906108fc611ce0565b90604051907f000000000000000000000000000000000000000000000000000000000000000060208301523060408301525f606083015273ffffffffffffffffffffffffffffffffffffffff8716608083015273ffffffffffffffffffffffffffffffffffffffff851660a08301525f60c08301525f60e08301525f6101008301525f610120830152610120825261099661014083611969565b9290815b6109ac5760208661056b818a89611b7c565b90919294609d7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff63916109df888588612b88565b019601939201908161099a565b7facef5185000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b3461052e5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e5760243562ffffff8116810361052e5761056b60209160443590600435611b31565b3461052e5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e5773ffffffffffffffffffffffffffffffffffffffff610ab3611896565b1633141580610b07575b610adb576106fb610acc611c43565b610ad581611b61565b906122f7565b7fc7fbfe68000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b5073ffffffffffffffffffffffffffffffffffffffff610b256118b9565b16331415610abd565b3461052e575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e57610bc2610b67611abb565b610b6f611af6565b6020610bd060405192610b828385611969565b5f84525f3681376040519586957f0f00000000000000000000000000000000000000000000000000000000000000875260e08588015260e087019061179f565b90858203604087015261179f565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b828110610c0757505050500390f35b835185528695509381019392810192600101610bf8565b3461052e5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e576080610c5a600435611a61565b610cad604051809262ffffff606080926bffffffffffffffffffffffff81511685526bffffffffffffffffffffffff602082015116602086015264ffffffffff6040820151166040860152015116910152565bf35b3461052e5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e57610ce6611759565b610cee61177c565b60443567ffffffffffffffff811161052e57610d0e903690600401611728565b915f91610d19611ce0565b5f927fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff2183360301945b86851015610d7b578460051b8401358681121561052e57600191610d6d610d73928701858c886129d6565b90611a27565b940193610d42565b61056b8189602094611b7c565b3461052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610140811261052e5760e01361052e57610dc86116c3565b6101043590610124359067ffffffffffffffff821161052e5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc833603011261052e575f5c610506578215610eaa57610e2281611eaa565b9264ffffffffff8460c01c1680151580610e83575b610e58575093610e52916106fb956004019460e81c90611b31565b9061263e565b7f18318255000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b5073ffffffffffffffffffffffffffffffffffffffff610ea1611896565b16331415610e37565b7fa48dcc3d000000000000000000000000000000000000000000000000000000005f5260045ffd5b3461052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610140811261052e5760e01361052e57610f126116c3565b610f1a6116de565b6101243567ffffffffffffffff811161052e57610f3b9036906004016116fa565b9173ffffffffffffffffffffffffffffffffffffffff610f596118dc565b163303610f7b576106fb93610f6c611c43565b610f7581611b61565b906127e3565b7f525d8c80000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610100811261052e5760e01361052e57610fe26116c3565b5f5c6105065773ffffffffffffffffffffffffffffffffffffffff611005611896565b1633036104da578061056b61101b60209361236a565b509161085b611873565b3461052e5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e5760043567ffffffffffffffff811161052e57611074903690600401611728565b61107d816119aa565b9161108b6040519384611969565b8183527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe06110b8836119aa565b015f5b8181106111925750505f5b828110156110fc576001906110e08160051b840135611a61565b6110ea82876119e6565b526110f581866119e6565b50016110c6565b836040518091602082016020835281518091526020604084019201905f5b818110611128575050500390f35b919350916020608082611184600194885162ffffff606080926bffffffffffffffffffffffff81511685526bffffffffffffffffffffffff602082015116602086015264ffffffffff6040820151166040860152015116910152565b01940191019184939261111a565b60209061119d6119c2565b828288010152016110bb565b3461052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610120811261052e5760e01361052e576111e96116c3565b6101043567ffffffffffffffff811161052e5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc823603011261052e575f5c6105065761056b8261123d60209461236a565b5f9491945060405162ffffff878201928784521660408201525f60608201526060815261126b608082611969565b519020906004019161263e565b3461052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610120811261052e5760e01361052e5760e43564ffffffffff811680910361052e576101043567ffffffffffffffff811161052e576112e39036906004016116fa565b9190814211610725576112f4611c43565b9261136d61130185611b61565b9361130a611ce0565b9060405160208101917f0dfad1789a3775f7a26ca43a8c38ae7b298818727437825e3dd52b3b3b1e5bda83528860408301528760e81c60608301526bffffffffffffffffffffffff8816608083015260a082015260a081526106a060c082611969565b90611383611379611896565b8285855a936121f3565b15928361139b575b5050506106fd576106fb916122f7565b6113a893506106e56118b9565b1583808061138b565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610100811261052e5760e01361052e576113ec6116c3565b5f5c610506576044359060043573ffffffffffffffffffffffffffffffffffffffff1633036104da576106fb9161142282611eaa565b5050611f89565b3461052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610140811261052e5760e01361052e576114696116c3565b366101441161052e5761147a611c43565b80546bffffffffffffffffffffffff8116916bffffffffffffffffffffffff808360601c169416936114ad858286611cbb565b93841561150957505060443593602435906114ed90606435906114dd906114d2611ce0565b868860e81c91611d9a565b9061012435916101043591611e16565b156106fd576020946115048561056b958195611e54565b611b7c565b9185921561154057507f767fb35f000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b7f5b115874000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b3461052e5760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261052e576115a2611c43565b6115ab81611b61565b906bffffffffffffffffffffffff8260601c169064ffffffffff8360c01c1660a4359064ffffffffff82169182810361052e5750801580156116b0575b156116a957505b8015158061169f575b1561166c57507f6620f0849b3b96a180cce108df2fc1f0d6c68af3745da66e833b8c7c1600eddb602084846bffffffffffffffffffffffff6106fb97160394859160e81c906001820160e81b865560601b9060c01b1717604051908152a261165e611873565b611666611896565b90611b7c565b64ffffffffff907faa72ab2a000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b50804210156115f8565b90506115ef565b5081151580156115e857508082106115e8565b60e435906bffffffffffffffffffffffff8216820361052e57565b61010435906bffffffffffffffffffffffff8216820361052e57565b9181601f8401121561052e5782359167ffffffffffffffff831161052e576020838186019501011161052e57565b9181601f8401121561052e5782359167ffffffffffffffff831161052e576020808501948460051b01011161052e57565b6004359073ffffffffffffffffffffffffffffffffffffffff8216820361052e57565b6024359073ffffffffffffffffffffffffffffffffffffffff8216820361052e57565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc81016101a0811261052e5760e01361052e5760049160e4356bffffffffffffffffffffffff8116810361052e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffefc60a09193011261052e5761010490565b3564ffffffffff8116810361052e5790565b60443573ffffffffffffffffffffffffffffffffffffffff8116810361052e5790565b60043573ffffffffffffffffffffffffffffffffffffffff8116810361052e5790565b60643573ffffffffffffffffffffffffffffffffffffffff8116810361052e5790565b60243573ffffffffffffffffffffffffffffffffffffffff8116810361052e5790565b3573ffffffffffffffffffffffffffffffffffffffff8116810361052e5790565b6080810190811067ffffffffffffffff82111761193c57604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761193c57604052565b67ffffffffffffffff811161193c5760051b60200190565b604051906119cf82611920565b5f6060838281528260208201528260408201520152565b80518210156119fa5760209160051b010190565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b91908201809211611a3457565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b611a696119c2565b505460405190611a7882611920565b6bffffffffffffffffffffffff811682526bffffffffffffffffffffffff8160601c16602083015264ffffffffff8160c01c16604083015260e81c606082015290565b60405190611aca604083611969565b601282527f547269627574617279204368616e6e656c7300000000000000000000000000006020830152565b60405190611b05604083611969565b600182527f31000000000000000000000000000000000000000000000000000000000000006020830152565b9162ffffff6040519260208401948552166040830152606082015260608152611b5b608082611969565b51902090565b908154916bffffffffffffffffffffffff8316156115405750565b9190918115611c3e5773ffffffffffffffffffffffffffffffffffffffff8116611bf457505f80808093855af15b15611bb25750565b73ffffffffffffffffffffffffffffffffffffffff907f7582a079000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b60205f6044611c3994604051907fa9059cbb000000000000000000000000000000000000000000000000000000008252876004830152602482015282855af190612d06565b611baa565b505050565b6101206040517f0000000000000000000000000000000000000000000000000000000000000000815230602082015260e0600460408301372090565b6101209060e0604051917f0000000000000000000000000000000000000000000000000000000000000000835230602084015260408301372090565b5f93929080821015611cd957505b818111611cd4575050565b039150565b9050611cc9565b467f000000000000000000000000000000000000000000000000000000000000000003611d2b577f000000000000000000000000000000000000000000000000000000000000000090565b611d33611abb565b60208151910120611d42611af6565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a08152611b5b60c082611969565b9190611e1393608092604051927f29a230409cae3c5fda00c9809e279630c2618091520dc99fb910002888fcb45884526020840152604083015260608201522090604291604051917f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201522090565b90565b90918360ff1c92601b8401809411611a34577f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff611e13951692612d23565b916020907f169b739a046258cd705133851f0d46ac08a0cbc8b1b35f2c486df6965302296f928160601b018085556bffffffffffffffffffffffff8160601c169160601b9060e81c60c01b1717604051908152a2565b6bffffffffffffffffffffffff168015610370576101206040517f0000000000000000000000000000000000000000000000000000000000000000815230602082015260e060046040830137209182611f0281611b61565b92806bffffffffffffffffffffffff851601906bffffffffffffffffffffffff8211610860577f8fe679299dd065cb3d7e488e3501d2ca20409d22c814ad142928e5912335d42391816020927fffffff0000000000ffffffffffffffffffffffffffffffffffffffffffffffff881601855560601b8660e81c60c01b1717604051908152a2565b9073ffffffffffffffffffffffffffffffffffffffff82161561208b573461205b5760015f5d611fb882612f1c565b61200260205f60646040517f23b872dd00000000000000000000000000000000000000000000000000000000815233600482015230602482015286604482015282885af184612d06565b156120125761201092612d7a565b565b61205761201d612f5c565b6040519182917ff8e68f2300000000000000000000000000000000000000000000000000000000835260206004840152602483019061179f565b0390fd5b7f195a3ca1000000000000000000000000000000000000000000000000000000005f52346004525f60245260445ffd5b6bffffffffffffffffffffffff9150168034036120a55750565b7f195a3ca1000000000000000000000000000000000000000000000000000000005f523460045260245260445ffd5b9192919060208401358435604085036121b057906120f3918385611e16565b6121a7576020936121725f945b612146604051938492898401967f1626ba7e0000000000000000000000000000000000000000000000000000000088526024850152604060448501526064840191612de6565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282611969565b51916207a120fa7f1626ba7e000000000000000000000000000000000000000000000000000000005f511490601f3d11161690565b50505050600190565b90604185939495146121ce575b5050906020936121725f9493612100565b906121e6916040879695949601355f1a918486612d23565b6121a75790915f806121bd565b919391602085013585356040860361229f5790612211918484611e16565b612295576020946122645f955b6121466040519384928a8401977f1626ba7e0000000000000000000000000000000000000000000000000000000089526024850152604060448501526064840191612de6565b5192fa7f1626ba7e000000000000000000000000000000000000000000000000000000005f511490601f3d11161690565b5050505050600190565b9060418693949596146122bf575b5050906020946122645f95949361221e565b906122d891604088979695949701355f1a918585612d23565b612295579091925f806122ad565b3563ffffffff8116810361052e5790565b9064ffffffffff8160c01c166084359063ffffffff82169182810361052e575080610e5857507f915349409b49ce76bc8dfebed1555ce3c129bd447b18b9fd06a0e38393a5fb6f9164ffffffffff61235160409342611a27565b8060c01b8317865583519260e81c8352166020820152a2565b906024359073ffffffffffffffffffffffffffffffffffffffff8216808314158061052e5781158015612633575b6126015760643573ffffffffffffffffffffffffffffffffffffffff8116808214158061052e57811580156125f1575b6125bf5760a4359064ffffffffff821680831415998a61052e57811515806125b2575b61257f576bffffffffffffffffffffffff16908115610370576bffffffffffffffffffffffff9a6101206040517f0000000000000000000000000000000000000000000000000000000000000000815230602082015260e0600460408301372096879b88549d8e16612553578d62ffffff9d9e60e81c9d8e1461252757851789556004359973ffffffffffffffffffffffffffffffffffffffff8b169a8b810361052e575061052e57506044359473ffffffffffffffffffffffffffffffffffffffff86169586810361052e575061052e57506084359063ffffffff82169182810361052e575061052e577f7c5591ae37786e48b4115b7aca2084e21e1c66eb82ac85158ec4e22662545cbc9560e0955060405194855260208501526040840152606083015260c43560808301528860a083015260c0820152a4565b897fb000397e000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b887f095d0229000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50828a61052e57507f47d7a613000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b505f9a50428211156123eb565b829061052e57507f79bc7d6a000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50505f8361052e578482146123c8565b839061052e57507fe601cda7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50505f308214612398565b909160443573ffffffffffffffffffffffffffffffffffffffff8116810361052e5760015f5d61266d81612f1c565b9160043573ffffffffffffffffffffffffffffffffffffffff81169081810361052e575061269e6040830183612985565b909290604181036127615780604010156119fa578060201161052e5783359060401161052e57604061275c9461201099602080830135958451977fef55bec600000000000000000000000000000000000000000000000000000000838a015260248901523060448901526bffffffffffffffffffffffff8c16606489015280356084890152013560a487015260c4860152013560f81c60e4840152610104830152610124820152610124815261275661014482611969565b82612f97565b612d7a565b9161214661275c9461275693946120109a60206040519788967f88b7ab63000000000000000000000000000000000000000000000000000000008389015260248801523060448801526bffffffffffffffffffffffff8d16606488015280356084880152013560a486015260c485015260e060e4850152610104840191612de6565b949093916bffffffffffffffffffffffff85166bffffffffffffffffffffffff808760601c1692169082821061293c5780821161290e57819003956004359560243594604435966064359286860361288e575b5050505090612010977f1ebdf03e021c53ac580a5963cff85b3575827abc2b414b73c371a959d8bf085760208961150497969560e81c6001810160e81b85558560601b9060c01b1717604051908152a2039083611b7c565b93969594936bffffffffffffffffffffffff168085116128de57906128c66128cd9493928d6128bb611ce0565b908b60e81c91611d9a565b5a936121f3565b156106fd579091925f808080612836565b84907f466e4b00000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b7f6e0dea81000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b50907facd12598000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b356bffffffffffffffffffffffff8116810361052e5790565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe18136030182121561052e570180359067ffffffffffffffff821161052e5760200191813603831361052e57565b906129e0846118ff565b9064ffffffffff602086019463ffffffff6129fa876118ff565b73ffffffffffffffffffffffffffffffffffffffff612a1b60408b016122e6565b9181612a2960608d01611861565b9581604051998160208c019c8d7f000000000000000000000000000000000000000000000000000000000000000090528c6040309101521660608c01521660808a01521660a08801521660c08601521660e08401521661010082015260808501356101208201526101208152612aa161014082611969565b5190209060a0840192612aca6bffffffffffffffffffffffff612ac38661296c565b1684612e24565b9590948615612b7d57612b09612b03612b1c956bffffffffffffffffffffffff612af6612b149561296c565b1690888a60e81c91611d9a565b936118ff565b9160c0810190612985565b9290916120d4565b15612b2c57611e13918391611e54565b9150507fac5a957b725c6a92027fd73e8878b43b02e70f0c6f2b5d3e7e8cc75a00a43e2960206040517f8baa579f000000000000000000000000000000000000000000000000000000008152a25f90565b505050505050505f90565b91803560601c60608301526101206020601483013560601c938460c0820152602884013560e01c60e0820152602c84013560d81c610100820152603184013583820152012090605181013560a01c90612be18284612e24565b9590948615612b7d57612c07612b1c94605d607d86013595013593878960e81c91611d9a565b90611e16565b60408301359160ff831680930361052e575f809493608082956040519273ffffffffffffffffffffffffffffffffffffffff60208501967fd505accf000000000000000000000000000000000000000000000000000000008852166024850152306044850152813560648501526020820135608485015260a4840152606081013560c4840152013560e482015260e48152612caa61010482611969565b51925af1503d15612010573d67ffffffffffffffff811161193c5760405190612cfb601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200183611969565b81525f60203d92013e565b3d15612d1c575060015f511490601f3d11161690565b3b15151690565b9360806020927f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a095945f9360405192835285830152604082015284606082015282805260015afa50111590801515905f5114161690565b612d8690929192612f1c565b916bffffffffffffffffffffffff818403921692838303612daa57505050505f805d565b1115612ddf575b7f1ff641ae000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b505f612db1565b601f82602094937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe093818652868601375f8582860101520116010190565b91825492612e536bffffffffffffffffffffffff8516936bffffffffffffffffffffffff8660601c1685611cbb565b928315612e5e575050565b15612ed3577fac5a957b725c6a92027fd73e8878b43b02e70f0c6f2b5d3e7e8cc75a00a43e2960207f767fb35f000000000000000000000000000000000000000000000000000000005b7fffffffff0000000000000000000000000000000000000000000000000000000060405191168152a2565b7fac5a957b725c6a92027fd73e8878b43b02e70f0c6f2b5d3e7e8cc75a00a43e2960207f5b11587400000000000000000000000000000000000000000000000000000000612ea8565b5f6024816020937f70a08231000000000000000000000000000000000000000000000000000000008252306004525afa601f3d1116905f51911561201257565b604051903d82523d5f602084013e7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0603f3d84010116604052565b60205f612fad93828151910182855af190612d06565b156120125756fea164736f6c6343000825000a';

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
	{ inputs: [], name: 'SupplyTooLarge', type: 'error' },
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
		name: 'DOMAIN_SEPARATOR',
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
		inputs: [],
		name: 'isPaused',
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
		inputs: [
			{ name: 'account', type: 'address' },
			{ name: 'blacklisted', type: 'bool' }
		],
		name: 'setBlacklisted',
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
	'0x60a03461008657601f611dd338819003918201601f19168301916001600160401b0383118484101761008a5780849260209460405283398101031261008657516001600160a01b038116810361008657608052604051611d34908161009f823960805181818161049301528181610941015281816109c701528181610bc30152610d220152f35b5f80fd5b634e487b7160e01b5f52604160045260245ffdfe60806040526004361015610011575f80fd5b5f3560e01c806306fdde031461105e578063095ea7b31461101157806318160ddd14610fd657806323b872dd14610e0d578063313ce56714610dd45780633644e51514610d945780633f4ba83a14610cdd57806340c10f1914610b7157806354fd4d5014610b2457806370a0823114610a9f5780637ecebe0014610a3c5780638456cb591461098257806388b7ab63146109655780638da5cb5b146108f757806395d89b41146108765780639fd5a6cf14610804578063a9059cbb146107b5578063b187bd2614610776578063b7b72899146105cf578063cf092995146105b2578063d01dd6d214610438578063d505accf14610388578063dd62ed3e146102fc578063e3ee160e146102e0578063e94a01021461026c578063ef55bec6146101d45763fe575a8714610142575f80fd5b346101d05760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05760206101c661017e6111bd565b73ffffffffffffffffffffffffffffffffffffffff165f5260026020527f800000000000000000000000000000000000000000000000000000000000000060405f2054101590565b6040519015158152f35b5f80fd5b346101d05761026a6102656102396101eb36611322565b60408051602081019390935282015260f89190911b7fff0000000000000000000000000000000000000000000000000000000000000016606082015297909691959294929188906061820190565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101895288611097565b611467565b005b346101d05760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05773ffffffffffffffffffffffffffffffffffffffff6102b86111bd565b165f52600560205260405f206024355f52602052602060ff60405f2054166040519015158152f35b346101d05761026a6102f76102396101eb36611322565b6119c6565b346101d05760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576103336111bd565b73ffffffffffffffffffffffffffffffffffffffff6103506111e0565b91165f52600360205273ffffffffffffffffffffffffffffffffffffffff60405f2091165f52602052602060405f2054604051908152f35b346101d05760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576103bf6111bd565b6103c76111e0565b6084359060ff821682036101d0576040805160a435602082015260c4359181019190915260f89290921b7fff000000000000000000000000000000000000000000000000000000000000001660608301526041825261026a9261042b606184611097565b6064359160443591611660565b346101d05760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05761046f6111bd565b6024359081151582036101d05773ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036105865773ffffffffffffffffffffffffffffffffffffffff911561052d5716805f52600260205260405f207f800000000000000000000000000000000000000000000000000000000000000081541790557fffa4e6181777692565cf28528fc88fd1516ea86b56da075235fa575af6a4b8555f80a2005b16805f52600260205260405f207f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81541690557f117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e5f80a2005b7f245aecd3000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b346101d05761026a6105c336611284565b959490949391936119c6565b346101d05760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576106066111bd565b6024359060443567ffffffffffffffff81116101d05761062a90369060040161123e565b9060ff5f541661074e5773ffffffffffffffffffffffffffffffffffffffff811691825f52600560205260405f20845f5260205260ff60405f205416610722576106bd9160405160208101907f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a15974298252856040820152866060820152606081526106b4608082611097565b51902090611ac0565b805f52600560205260405f20825f5260205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557f1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d815f80a3005b837f011dbdcc000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f9e87fac8000000000000000000000000000000000000000000000000000000005f5260045ffd5b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d057602060ff5f54166040519015158152f35b346101d05760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576107f96107ef6111bd565b602435903361187c565b602060405160018152f35b346101d05760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05761083b6111bd565b6108436111e0565b906084359167ffffffffffffffff83116101d05761086861026a93369060040161123e565b916064359160443591611660565b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576108f36040516108b5604082611097565b600481527f5455534400000000000000000000000000000000000000000000000000000000602082015260405191829160208352602083019061117a565b0390f35b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d057602060405173ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b346101d05761026a61097636611284565b95949094939193611467565b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05773ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036105865760017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f5416175f557f6985a02210a168e66602d3235cb6db0e70f92b3ba4d376a33c0f3d9434bff6255f80a1005b346101d05760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05773ffffffffffffffffffffffffffffffffffffffff610a886111bd565b165f526004602052602060405f2054604051908152f35b346101d05760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05773ffffffffffffffffffffffffffffffffffffffff610aeb6111bd565b165f52600260205260207f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff60405f205416604051908152f35b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576108f3610b5d611203565b60405191829160208352602083019061117a565b346101d05760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d057610ba86111bd565b6024359073ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633036105865780610c0873ffffffffffffffffffffffffffffffffffffffff92611776565b16908115610cb5577f8000000000000000000000000000000000000000000000000000000000000000610c3d8260015461142d565b806001551015610c8d577fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60205f928484526002825260408420610c8282825461142d565b9055604051908152a3005b7f20dfe2fd000000000000000000000000000000000000000000000000000000005f5260045ffd5b7fd27b4443000000000000000000000000000000000000000000000000000000005f5260045ffd5b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d05773ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000163303610586577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff005f54165f557f7805862f689e2f13df9f062ff482ad3ad112aca9e0847911ed832e158c525b335f80a1005b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576020610dcc6113b8565b604051908152f35b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d057602060405160068152f35b346101d05760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d057610e446111bd565b610e4c6111e0565b6044359073ffffffffffffffffffffffffffffffffffffffff811633141580610f84575b610f585773ffffffffffffffffffffffffffffffffffffffff83165f52600360205260405f209273ffffffffffffffffffffffffffffffffffffffff33165f528360205260405f2054937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8503610eed575b506107f9935061187c565b838510610f2457936107f99473ffffffffffffffffffffffffffffffffffffffff33165f526020528360405f209103905584610ee2565b83857f192b9e4e000000000000000000000000000000000000000000000000000000005f523360045260245260445260645ffd5b7f571f7b49000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b50610fd13373ffffffffffffffffffffffffffffffffffffffff165f5260026020527f800000000000000000000000000000000000000000000000000000000000000060405f2054101590565b610e70565b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576020600154604051908152f35b346101d05760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576107f961104b6111bd565b61105433611776565b6024359033611814565b346101d0575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d0576108f3610b5d61113f565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff8211176110d857604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b67ffffffffffffffff81116110d857601f017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200190565b6040519061114e604083611097565b600b82527f5465737420446f6c6c61720000000000000000000000000000000000000000006020830152565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b6004359073ffffffffffffffffffffffffffffffffffffffff821682036101d057565b6024359073ffffffffffffffffffffffffffffffffffffffff821682036101d057565b60405190611212604083611097565b600182527f31000000000000000000000000000000000000000000000000000000000000006020830152565b81601f820112156101d05780359061125582611105565b926112636040519485611097565b828452602083830101116101d057815f926020809301838601378301015290565b60e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8201126101d05760043573ffffffffffffffffffffffffffffffffffffffff811681036101d0579160243573ffffffffffffffffffffffffffffffffffffffff811681036101d0579160443591606435916084359160a4359160c4359067ffffffffffffffff82116101d05761131f9160040161123e565b90565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc6101209101126101d05760043573ffffffffffffffffffffffffffffffffffffffff811681036101d0579060243573ffffffffffffffffffffffffffffffffffffffff811681036101d0579060443590606435906084359060a4359060c43560ff811681036101d0579060e435906101043590565b6113c061113f565b602081519101206113cf611203565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261142760c082611097565b51902090565b9190820180921161143a57565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b9296959694919493909373ffffffffffffffffffffffffffffffffffffffff851690338203611634578042111561160957824210156115dd5773ffffffffffffffffffffffffffffffffffffffff851692835f52600560205260405f20855f5260205260ff60405f2054166115b157916115af989991611547936040519160208301937fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8855287604085015260608401528a608084015260a083015260c08201528560e082015260e0815261153e61010082611097565b51902085611ac0565b805f52600560205260405f20825f5260205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557f98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a55f80a361187c565b565b847f011dbdcc000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b827f3d91b05f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f7a4df079000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f16e24de2000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b9091929384421161174a5761167482611776565b73ffffffffffffffffffffffffffffffffffffffff821690815f52600460205260405f209182547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff811461143a576115af97611745946001830190556040519160208301937f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c98552604084015273ffffffffffffffffffffffffffffffffffffffff8816606084015288608084015260a083015260c082015260c0815261173c60e082611097565b51902083611ac0565b611814565b847f9e96b26f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b60ff5f541661074e576117cb8173ffffffffffffffffffffffffffffffffffffffff165f5260026020527f800000000000000000000000000000000000000000000000000000000000000060405f2054101590565b6117d25750565b73ffffffffffffffffffffffffffffffffffffffff907f571f7b49000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b602073ffffffffffffffffffffffffffffffffffffffff807f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b9259361185786611776565b1693845f526003835260405f208282165f5283528560405f20556040519586521693a3565b919060ff5f541661074e5773ffffffffffffffffffffffffffffffffffffffff16918215610cb55773ffffffffffffffffffffffffffffffffffffffff1690815f52600260205260405f20835f52600260205260405f209080547f80000000000000000000000000000000000000000000000000000000000000008110156119665783811061199257839003905581815401907f800000000000000000000000000000000000000000000000000000000000000082101561196657556040519081527fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef90602090a3565b847f571f7b49000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b8390857fdb42144d000000000000000000000000000000000000000000000000000000005f5260045260245260445260645ffd5b92969596949194939093804211156116095781421015611a945773ffffffffffffffffffffffffffffffffffffffff841691825f52600560205260405f20845f5260205260ff60405f2054166107225797611547916115af98996040519060208201927f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267845286604084015273ffffffffffffffffffffffffffffffffffffffff8a1660608401528a608084015260a083015260c08201528560e082015260e0815261153e61010082611097565b507f3d91b05f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b9190611aca6113b8565b906040519060208201927f190100000000000000000000000000000000000000000000000000000000000084526022830152604282015260428152611b10606282611097565b519020916041825114611c5c575b803b15611be3575f92611b73611b9f859460405192839160208301957f1626ba7e000000000000000000000000000000000000000000000000000000008752602484015260406044840152606483019061117a565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282611097565b51915afa3d15611c54573d90611bb482611105565b91611bc26040519384611097565b82523d5f602084013e5b15908115611c47575b8115611c0b575b50611be357565b7f8baa579f000000000000000000000000000000000000000000000000000000005f5260045ffd5b90506020818051810103126101d057602001517f1626ba7e0000000000000000000000000000000000000000000000000000000014155f611bdc565b9050602081511090611bd5565b606090611bcc565b6020820151604083015160608401515f1a917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0821115611c9f575b505050611b1e565b6020925f9260809260405192898452868401526040830152606082015282805260015afa15611d1c5773ffffffffffffffffffffffffffffffffffffffff5f51168015159081611cfc575b50611cf7575f8080611c97565b505050565b905073ffffffffffffffffffffffffffffffffffffffff8216145f611cea565b6040513d5f823e3d90fdfea164736f6c6343000825000a';
