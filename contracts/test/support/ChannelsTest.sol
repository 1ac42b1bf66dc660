// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Channels} from '../../src/Channels.sol';
import {Amounts, ChannelId, IChannels} from '../../src/interfaces/IChannels.sol';
import {TestDollar} from '../../src/TestDollar.sol';
import {Test} from './Test.sol';

/// A payer, a payee, their keys and an address book: what every test of `Channels` starts from.
abstract contract ChannelsTest is Test {
    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant PAYEE_KEY = 0xB0B;
    uint256 internal constant SIGNER_KEY = 0x516E;
    uint256 internal constant STRANGER_KEY = 0xBAD;
    uint32 internal constant GRACE = 1 days;
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    address internal payer = vm.addr(PAYER_KEY);
    address internal payee = vm.addr(PAYEE_KEY);
    address internal signer = vm.addr(SIGNER_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);
    address internal constant FAUCET = address(0xFA);

    IChannels internal channels;
    TestDollar internal dollar;
    IChannels.Key internal key;
    IChannels.Key internal etherKey;

    function setUp() public virtual {
        vm.warp(START);
        channels = deployChannels();
        dollar = new TestDollar(FAUCET);
        key = IChannels.Key(payer, payee, address(dollar), signer, GRACE, 0, bytes32(0));
        etherKey = IChannels.Key(payer, payee, address(0), signer, GRACE, 0, bytes32(0));
        vm.deal(payer, 100 ether);
        vm.prank(FAUCET);
        dollar.mint(payer, 1_000_000e6);
        vm.prank(payer);
        dollar.approve(address(channels), type(uint256).max);
    }

    function deployChannels() internal returns (IChannels) {
        return new Channels();
    }

    function open(IChannels.Key memory key_, uint96 amount) internal returns (ChannelId) {
        vm.prank(key_.payer);
        return channels.open{value: key_.token == address(0) ? amount : 0}(key_, amount);
    }

    function topUp(IChannels.Key memory key_, uint96 amount) internal {
        vm.prank(key_.payer);
        channels.topUp{value: key_.token == address(0) ? amount : 0}(key_, amount);
    }

    /// Redeems alone, whoever calls; the signature in its 65 bytes.
    function claim(IChannels.Key memory key_, uint96 cumulative, bytes memory signature) internal returns (uint256) {
        return channels.claim(key_, cumulative, compact(signature));
    }

    /// Redeems in a batch of one, which takes a signature of any form.
    function claimRow(IChannels.Key memory key_, uint96 cumulative, bytes memory signature)
        internal
        returns (uint256)
    {
        IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](1);
        rows[0] = row(key_, cumulative, signature);
        return channels.claimBatch(key_.payee, key_.token, rows);
    }

    /// 65 bytes as the two words of EIP-2098.
    function compact(bytes memory signature) internal pure returns (bytes32[2] memory words) {
        bytes32 r;
        uint256 s;
        uint8 v;
        assembly ('memory-safe') {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
        return [r, bytes32(s | (uint256(v - 27) << 255))];
    }

    /// What an event says of an epoch.
    function amounts(uint256 epoch, uint256 first, uint256 second) internal pure returns (Amounts) {
        return Amounts.wrap(epoch * 2 ** 192 + first * 2 ** 96 + second);
    }

    /// A row of a packed batch.
    function packedRow(IChannels.Key memory key_, uint96 cumulative, bytes memory signature)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            key_.payer, key_.signer, key_.grace, key_.expiry, key_.salt, cumulative, compact(signature)
        );
    }

    function state(IChannels.Key memory key_) internal view returns (IChannels.State memory) {
        return channels.getChannel(channels.channelId(key_));
    }

    function epochOf(IChannels.Key memory key_) internal view returns (uint24) {
        return state(key_).epoch;
    }

    // Signing, written out again from EIP-712 rather than taken from the contract.

    function domain(address verifyingContract, uint256 chainId) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
                keccak256('Tributary Channels'),
                keccak256('1'),
                chainId,
                verifyingContract
            )
        );
    }

    function digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex'1901', domain(address(channels), block.chainid), structHash));
    }

    function signDigest(uint256 privateKey, bytes32 digest_) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest_);
        return abi.encodePacked(r, s, v);
    }

    function claimDigest(IChannels.Key memory key_, uint24 epoch, uint96 cumulative) internal view returns (bytes32) {
        return digest(
            keccak256(
                abi.encode(
                    keccak256('Claim(bytes32 channelId,uint24 epoch,uint96 cumulative)'),
                    channels.channelId(key_),
                    epoch,
                    cumulative
                )
            )
        );
    }

    function signClaim(uint256 privateKey, IChannels.Key memory key_, uint96 cumulative)
        internal
        view
        returns (bytes memory)
    {
        return signDigest(privateKey, claimDigest(key_, epochOf(key_), cumulative));
    }

    function signClaim(IChannels.Key memory key_, uint96 cumulative) internal view returns (bytes memory) {
        return signClaim(SIGNER_KEY, key_, cumulative);
    }

    function signClose(uint256 privateKey, IChannels.Key memory key_, uint96 capture, uint40 deadline)
        internal
        view
        returns (bytes memory)
    {
        return signDigest(
            privateKey,
            digest(
                keccak256(
                    abi.encode(
                        keccak256('Close(bytes32 channelId,uint24 epoch,uint96 capture,uint40 deadline)'),
                        channels.channelId(key_),
                        epochOf(key_),
                        capture,
                        deadline
                    )
                )
            )
        );
    }

    function signRequestClose(uint256 privateKey, IChannels.Key memory key_, uint40 deadline)
        internal
        view
        returns (bytes memory)
    {
        return signDigest(
            privateKey,
            digest(
                keccak256(
                    abi.encode(
                        keccak256('RequestClose(bytes32 channelId,uint24 epoch,uint96 deposited,uint40 deadline)'),
                        channels.channelId(key_),
                        epochOf(key_),
                        state(key_).deposited,
                        deadline
                    )
                )
            )
        );
    }

    function authorize(IChannels.Key memory key_, uint96 amount, uint256 index)
        internal
        view
        returns (IChannels.Authorization memory)
    {
        return authorizeWithin(key_, amount, index, 0, type(uint256).max);
    }

    function authorizeWithin(
        IChannels.Key memory key_,
        uint96 amount,
        uint256 index,
        uint256 validAfter,
        uint256 validBefore
    ) internal view returns (IChannels.Authorization memory) {
        return authorizeBy(PAYER_KEY, key_, amount, index, validAfter, validBefore);
    }

    function authorizeBy(
        uint256 privateKey,
        IChannels.Key memory key_,
        uint96 amount,
        uint256 index,
        uint256 validAfter,
        uint256 validBefore
    ) internal view returns (IChannels.Authorization memory) {
        bytes32 nonce = keccak256(abi.encode(channels.channelId(key_), epochOf(key_), index));
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'
                ),
                key_.payer,
                address(channels),
                uint256(amount),
                validAfter,
                validBefore,
                nonce
            )
        );
        bytes memory signature =
            signDigest(privateKey, keccak256(abi.encodePacked(hex'1901', dollar.DOMAIN_SEPARATOR(), structHash)));
        return IChannels.Authorization(validAfter, validBefore, signature);
    }

    function permit(uint256 value) internal view returns (IChannels.Permit memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)'), payer, address(channels), value, dollar.nonces(payer), type(uint256).max
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(PAYER_KEY, keccak256(abi.encodePacked(hex'1901', dollar.DOMAIN_SEPARATOR(), structHash)));
        return IChannels.Permit(value, type(uint256).max, v, r, s);
    }

    function row(IChannels.Key memory key_, uint96 cumulative, bytes memory signature)
        internal
        pure
        returns (IChannels.ClaimRow memory)
    {
        return IChannels.ClaimRow(
            key_.payer, key_.signer, key_.grace, key_.expiry, key_.salt, cumulative, signature
        );
    }
}
