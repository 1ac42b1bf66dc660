/**
 * Bytes that the Apache-2.0 npm package ilp-protocol-ccp 1.2.4-alpha.2 writes for values chosen for
 * this project; none of its code is copied. The values are in codec/ccp.test.ts.
 */
export const CCP_PAYLOADS = {
	// mode=SYNC lastKnownRoutingTableId=21e55f8e-abcd-4e97-9ab9-bf0ff00a224c lastKnownEpoch=32 features=[foo,bar]
	control: '0121e55f8eabcd4e979ab9bf0ff00a224c00000020010203666f6f03626172',
	// the same table, epochs 46 to 50 of 52, hold-down 30 s, speaker test.alice, test.bob by way of
	// test.alice and test.bob with auth 00..1f and one optional transitive text prop 2 "hi", without test.carl
	update:
		'21e55f8eabcd4e979ab9bf0ff00a224c000000340000002e00000032000075300a746573742e616c696365010108746573742e626f6201020a746573742e616c69636508746573742e626f62000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0101d00002026869010109746573742e6361726c'
} as const;
