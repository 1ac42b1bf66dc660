/**
 * Bytes that other implementations of the Interledger protocols write, made by running the Apache-2.0
 * npm packages ilp-packet 3.1.4-alpha.2, ilp-protocol-stream 2.7.2-alpha.3, ilp-protocol-ildcp
 * 2.2.4-alpha.2, btp-packet 2.2.1 and oer-utils 5.1.3-alpha.2 on values chosen for this project.
 *
 * Unless a note says otherwise: time is 2030-01-02T03:04:05.678Z, the fulfillment is the bytes 40 to
 * 5f, the condition its SHA-256, and a shared secret is the bytes 00 to 1f.
 */

export const OER_VAR_UINTS: readonly (readonly [value: bigint, hex: string])[] = [
	[0n, '0100'],
	[1n, '0101'],
	[127n, '017f'],
	[128n, '0180'],
	[255n, '01ff'],
	[256n, '020100'],
	[65535n, '02ffff'],
	[9007199254740991n, '071fffffffffffff'],
	[18446744073709551615n, '08ffffffffffffffff']
];

/** The length determinant of that many bytes. */
export const OER_LENGTHS: readonly (readonly [length: number, hex: string])[] = [
	[0, '00'],
	[1, '01'],
	[127, '7f'],
	[128, '8180'],
	[255, '81ff'],
	[256, '820100'],
	[65535, '82ffff'],
	[65536, '83010000']
];

/** ILPv4 packets. */
export const ILP_PACKETS = {
	// amount=107 expiresAt=2030-01-02T03:04:05.678Z condition=SHA256(40..5f) destination=example.alice data=010203
	'prepare.1':
		'0c4b000000000000006b3230333030313032303330343035363738ca2a4fe727faaecf16ecd130a86e0885c5540c05375340445071c0657555fd420d6578616d706c652e616c69636503010203',
	// amount=u64max, empty data, destination=test.a
	'prepare.max':
		'0c41ffffffffffffffff3230333030313032303330343035363738ca2a4fe727faaecf16ecd130a86e0885c5540c05375340445071c0657555fd4206746573742e6100',
	// same as .1 with 200 data bytes 00..c7 (two-byte length prefixes)
	'prepare.long':
		'0c820111000000000000006b3230333030313032303330343035363738ca2a4fe727faaecf16ecd130a86e0885c5540c05375340445071c0657555fd420d6578616d706c652e616c69636581c8000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7',
	// fulfillment=40..5f data=616263
	'fulfill.1': '0d24404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f03616263',
	// triggeredBy=test.node message="too big" receivedAmount=1000001 maximumAmount=1000000
	'reject.F08': '0e2646303809746573742e6e6f646507746f6f206269671000000000000f424100000000000f4240',
	// triggeredBy="" message="é" data empty
	'reject.R00': '0e085230300002c3a900'
} as const;

/** ILDCP packets. */
export const ILDCP_PACKETS = {
	// expiresAt as above
	request:
		'0c460000000000000000323033303031303230333034303536373866687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f29250b706565722e636f6e66696700',
	// clientAddress=test.twin.alice assetScale=9 assetCode=USD
	response:
		'0d360000000000000000000000000000000000000000000000000000000000000000150f746573742e7477696e2e616c6963650903555344'
} as const;

/** BTP packets. */
export const BTP_PACKETS = {
	// Message requestId=1: auth(octet-stream, empty), auth_username=alice, auth_token=s3cret (text/plain)
	auth: '0600000001310103046175746800000d617574685f757365726e616d650105616c6963650a617574685f746f6b656e0106733363726574',
	// Response requestId=1, no protocolData
	'response.empty': '0100000001020100',
	// Message requestId=0x01020304 carrying ilp = 0d21 40..5f 00 (fulfill w/o data)
	'message.ilp':
		'06010203042b010103696c7000230d21404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f00',
	// Error requestId=1 code=F00 name=NotAcceptedError triggeredAt=2030-01-02T03:04:05.678Z data="no"
	error:
		'02000000012d463030104e6f7441636365707465644572726f721332303330303130323033303430352e3637385a026e6f0100',
	// Transfer requestId=2 amount=1000 protocolData=[claim: application/json {}]
	transfer: '07000000021400000000000003e8010105636c61696d02027b7d'
} as const;

/** STREAM keys and packets. */
export const STREAM = {
	// sharedSecret=00..1f
	keys: {
		encryptionKey: '86926a93b5d853c1f71309d3180a3d34f835509c499ae6c7134bafcc127f04cf',
		fulfillmentKey: '040b878b96ebfb6bcbc0fb02baabe8602649cff00be7cfbc0d8135cc905230a8'
	},
	// v1 type=12 sequence=1 prepareAmount=100 frames: NewAddress(test.bob), AssetDetails(USD,9), StreamMoney(1,shares 1), StreamMaxMoney(1,max u64,0), StreamData(1,offset 0,"hello")
	'plain.1':
		'010c010101640105020908746573742e626f6207050355534409110401010101120d010108ffffffffffffffff0100140a010101000568656c6c6f',
	// stream.plain.1 sealed with iv=a0..ab (node:crypto), decrypted OK by ilp-protocol-stream
	'sealed.1': {
		iv: 'a0a1a2a3a4a5a6a7a8a9aaab',
		tag: '44c9d2b748d20ee5fb8c17fe3feda862',
		data: 'a0a1a2a3a4a5a6a7a8a9aaab44c9d2b748d20ee5fb8c17fe3feda862aa663410e092fe5e326be128b1266f50e375b82e5ec150dd7e6eb1a4eb35c2d9bd1f4d1cf054e19a2d51c62b52259e994ba05c37a82346ea192bdf',
		fulfillment: 'c7a5a722ef34975f3913c481f3d69df9a6d487e6d16e7832bca37107ff944ef4',
		condition: '5a9ad7445367f1d51f8a1aeadc6c21d0749bad1bd46c97fed69503322ef66b4a'
	}
} as const;

/** STREAM frames: type and contents. */
export const STREAM_FRAMES = {
	'ConnectionClose(1,"")': '01020100',
	'ConnectionMaxData(65534)': '030302fffe',
	'ConnectionMaxStreamId(20)': '05020114',
	'StreamClose(1,1,"")': '100401010100',
	'StreamMaxData(1,16384)': '15050101024000',
	'StreamMoneyBlocked(1,500,3)': '130701010201f40103',
	'StreamReceipt(1,<58 bytes>)':
		'173d01013a01000102030405060708090a0b0c0d0e0f0100000000000001f41c48530a9e1d93b1ec15dae7c0e16fddf354e91f04b8059a1b5869e26c58c4b6'
} as const;

/** The server's secret is the bytes 80 to 9f, the token 05 to 2c: HMAC(HMAC(secret, "ilp_stream_shared_secret"), token). */
export const STREAM_SERVER_SHARED_SECRET = 'b883e61a50a0c29771364ec5b5ffe0c089a824206313cc576251fc8f47cfa07b';

/** A connection's own name of packet 5, HMAC(shared secret, "ilp_stream_packet_id" and the sequence as UInt64). */
export const STREAM_PACKET_ID = 'cadfa151a76e1dd93e77a1e32c17812e7d37adeb549aa6b378e837f054bba0b5';

/** nonce=00..0f streamId=1 totalReceived=500 secret=80..9f */
export const STREAM_RECEIPT =
	'01000102030405060708090a0b0c0d0e0f0100000000000001f41c48530a9e1d93b1ec15dae7c0e16fddf354e91f04b8059a1b5869e26c58c4b6';

/** The most data of one StreamData in a packet of 32767 bytes: alone, with money, and with money and two limits. */
export const STREAM_CAPACITY = { onlyData: 32_717, withMoney: 32_711, withMoneyAndControl: 32_689 } as const;
