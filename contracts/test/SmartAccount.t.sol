// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from '../src/interfaces/IChannels.sol';
import {ChannelsTest} from './support/ChannelsTest.sol';
import {SmartAccount} from './support/SmartAccount.sol';

/// The demo wallet's contract account: what it accepts, and a channel's whole life with it as the payer.
contract SmartAccountTest is ChannelsTest {
    SmartAccount private account;

    function setUp() public override {
        super.setUp();
        account = new SmartAccount(payer);
        vm.prank(FAUCET);
        dollar.mint(address(account), 10e6);
        key.payer = address(account);
    }

    function test_it_funds_a_channel_leaves_it_and_has_its_money_back() public {
        uint256 until = type(uint256).max;
        bytes32 nonce = channels.authorizationNonce(channels.channelId(key), 0, 0);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'
                ),
                address(account),
                address(channels),
                uint256(10e6),
                0,
                until,
                nonce
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex'1901', dollar.DOMAIN_SEPARATOR(), structHash));
        vm.prank(stranger);
        channels.openWithAuthorization(key, 10e6, IChannels.Authorization(0, until, sign(digest, account)));
        assertEq(dollar.balanceOf(address(account)), 0, 'all of it is locked');

        vm.prank(payer);
        account.execute(address(channels), 0, abi.encodeCall(IChannels.requestClose, (key)));
        vm.warp(START + GRACE);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(address(account)), 10e6, 'back in the account');
    }

    function test_it_accepts_only_what_its_owner_signed_for_this_account() public {
        bytes32 digest = keccak256('a message');
        assertEq(uint256(uint32(account.isValidSignature(digest, sign(digest, account)))), 0x1626ba7e, 'its owner');
        refuse(digest, sign(keccak256('another message'), account), 'another message');
        refuse(digest, sign(digest, new SmartAccount(payer)), 'signed for another account of the same owner');
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, digest);
        refuse(digest, abi.encodePacked(bytes1(0x01), r, s, v), 'not wrapped');
        refuse(digest, abi.encodePacked(r, s, v), 'a plain signature');
        bytes memory another = sign(digest, account);
        another[0] = 0x02;
        refuse(digest, another, 'another kind');
        SmartAccount ofStranger = new SmartAccount(stranger);
        assertEq(
            uint256(uint32(ofStranger.isValidSignature(digest, sign(digest, ofStranger)))), 0xffffffff, 'not the owner'
        );
    }

    function test_it_does_what_its_owner_says_and_nobody_else() public {
        bytes memory call = abi.encodeCall(dollar.transfer, (stranger, 1e6));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(SmartAccount.NotOwner.selector, stranger));
        account.execute(address(dollar), 0, call);
        vm.prank(payer);
        account.execute(address(dollar), 0, call);
        assertEq(dollar.balanceOf(stranger), 1e6, 'moved');
        // It fails as the call fails.
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotOpen.selector, channels.channelId(key)));
        vm.prank(payer);
        account.execute(address(channels), 0, abi.encodeCall(IChannels.requestClose, (key)));
    }

    function refuse(bytes32 digest, bytes memory signature, string memory why) private view {
        assertEq(uint256(uint32(account.isValidSignature(digest, signature))), 0xffffffff, why);
    }

    /// By the payer's key, in the account's own domain.
    function sign(bytes32 digest, SmartAccount for_) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
                keccak256('Demo Smart Account'),
                keccak256('1'),
                block.chainid,
                address(for_)
            )
        );
        bytes32 message = keccak256(abi.encode(keccak256('AccountMessage(bytes32 digest)'), digest));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(PAYER_KEY, keccak256(abi.encodePacked(hex'1901', domain, message)));
        return abi.encodePacked(bytes1(0x01), r, s, v);
    }
}
