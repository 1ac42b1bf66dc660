// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestDollar} from '../src/TestDollar.sol';
import {Wallet} from './support/HostileTokens.sol';
import {Test} from './support/Test.sol';

/// The dollar of local chains refuses what the real one refuses, so that nothing works here only.
contract TestDollarTest is Test {
    uint256 private constant ALICE_KEY = 0xA11CE;
    address private constant FAUCET = address(0xFA);
    address private constant BOB = address(0xB0B);
    /// A constant, because the optimizer takes `block.timestamp` for one within a call, which `warp` belies.
    uint256 private constant START = 1_800_000_000;
    bytes32 private constant NONCE = keccak256('nonce');

    // Written out again from the EIPs rather than taken from the contract.
    bytes32 private constant TRANSFER_WITH_AUTHORIZATION =
        keccak256('TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)');
    bytes32 private constant RECEIVE_WITH_AUTHORIZATION =
        keccak256('ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)');
    bytes32 private constant CANCEL_AUTHORIZATION =
        keccak256('CancelAuthorization(address authorizer,bytes32 nonce)');
    bytes32 private constant PERMIT =
        keccak256('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)');

    address private alice = vm.addr(ALICE_KEY);
    TestDollar private dollar;

    function setUp() public {
        vm.warp(START);
        dollar = new TestDollar(FAUCET);
        vm.prank(FAUCET);
        dollar.mint(alice, 100e6);
    }

    function test_only_its_owner_mints_pauses_and_blocks() public {
        bytes memory notOwner = abi.encodeWithSelector(TestDollar.NotOwner.selector, alice);
        vm.startPrank(alice);
        vm.expectRevert(notOwner);
        dollar.mint(alice, 1);
        vm.expectRevert(notOwner);
        dollar.pause();
        vm.expectRevert(notOwner);
        dollar.unpause();
        vm.expectRevert(notOwner);
        dollar.setBlacklisted(BOB, true);
        vm.expectRevert(notOwner);
        dollar.setBlacklisted(BOB, false);
        vm.stopPrank();
    }

    function test_transfers_move_what_is_there_and_no_more() public {
        vm.startPrank(alice);
        dollar.transfer(BOB, 40e6);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.InsufficientBalance.selector, alice, 60e6, 61e6));
        dollar.transfer(BOB, 61e6);
        vm.expectRevert(TestDollar.ZeroRecipient.selector);
        dollar.transfer(address(0), 1);
        vm.stopPrank();
        assertEq(dollar.balanceOf(BOB), 40e6, 'bob');
        assertEq(dollar.totalSupply(), 100e6, 'supply');
    }

    function test_an_allowance_is_used_up() public {
        vm.prank(alice);
        dollar.approve(BOB, 10e6);
        vm.startPrank(BOB);
        dollar.transferFrom(alice, BOB, 6e6);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.InsufficientAllowance.selector, BOB, 4e6, 5e6));
        dollar.transferFrom(alice, BOB, 5e6);
        vm.stopPrank();
    }

    function test_a_paused_dollar_does_not_move() public {
        vm.prank(FAUCET);
        dollar.pause();
        vm.prank(alice);
        vm.expectRevert(TestDollar.Paused.selector);
        dollar.transfer(BOB, 1);
        vm.expectRevert(TestDollar.Paused.selector);
        dollar.cancelAuthorization(alice, NONCE, '');
        vm.prank(alice);
        vm.expectRevert(TestDollar.Paused.selector);
        dollar.approve(BOB, 1);
        vm.prank(FAUCET);
        dollar.unpause();
        vm.prank(alice);
        dollar.transfer(BOB, 1);
    }

    function test_a_blocked_account_neither_sends_nor_receives() public {
        vm.prank(FAUCET);
        dollar.setBlacklisted(BOB, true);
        bytes memory blocked = abi.encodeWithSelector(TestDollar.AccountBlacklisted.selector, BOB);
        vm.prank(alice);
        vm.expectRevert(blocked);
        dollar.transfer(BOB, 1);
        vm.prank(BOB);
        vm.expectRevert(blocked);
        dollar.transfer(alice, 0);
    }

    function test_a_blocked_account_spends_nobodys_allowance_and_is_given_none_until_it_is_unblocked() public {
        vm.prank(alice);
        dollar.approve(BOB, 10e6);
        vm.prank(FAUCET);
        dollar.setBlacklisted(BOB, true);
        bytes memory blocked = abi.encodeWithSelector(TestDollar.AccountBlacklisted.selector, BOB);
        vm.prank(BOB);
        vm.expectRevert(blocked);
        dollar.transferFrom(alice, address(0xCA401), 1e6);
        vm.prank(alice);
        vm.expectRevert(blocked);
        dollar.approve(BOB, 1);
        vm.prank(FAUCET);
        vm.expectRevert(blocked);
        dollar.mint(BOB, 1);
        vm.prank(FAUCET);
        dollar.setBlacklisted(BOB, false);
        vm.prank(BOB);
        dollar.transferFrom(alice, address(0xCA401), 1e6);
        assertEq(dollar.balanceOf(address(0xCA401)), 1e6, 'carol');
    }

    function test_an_unlimited_allowance_stays_unlimited() public {
        vm.prank(alice);
        dollar.approve(BOB, type(uint256).max);
        vm.prank(BOB);
        dollar.transferFrom(alice, BOB, 6e6);
        assertEq(dollar.allowance(alice, BOB), type(uint256).max, 'allowance');
    }

    function test_dollars_are_minted_to_somebody_and_within_255_bits() public {
        vm.startPrank(FAUCET);
        vm.expectRevert(TestDollar.ZeroRecipient.selector);
        dollar.mint(address(0), 1);
        vm.expectRevert(TestDollar.SupplyTooLarge.selector);
        dollar.mint(BOB, 2 ** 255 - 100e6);
        vm.stopPrank();
    }

    function test_a_permit_sets_an_allowance_once() public {
        uint256 deadline = START;
        (uint8 v, bytes32 r, bytes32 s) = signPermit(BOB, 5e6, deadline);
        dollar.permit(alice, BOB, 5e6, deadline, v, r, s);
        assertEq(dollar.allowance(alice, BOB), 5e6, 'allowance');
        vm.expectRevert(TestDollar.InvalidSignature.selector);
        dollar.permit(alice, BOB, 5e6, deadline, v, r, s);
        (v, r, s) = signPermit(BOB, 5e6, deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.PermitExpired.selector, deadline));
        dollar.permit(alice, BOB, 5e6, deadline, v, r, s);
    }

    function test_an_authorization_is_carried_by_anybody_once_and_in_its_time() public {
        uint256 from = START;
        uint256 until = from + 100;
        bytes32 typehash = TRANSFER_WITH_AUTHORIZATION;
        (uint8 v, bytes32 r, bytes32 s) = signAuthorization(typehash, BOB, 5e6, from, until);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.AuthorizationNotYetValid.selector, from));
        dollar.transferWithAuthorization(alice, BOB, 5e6, from, until, NONCE, v, r, s);
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.AuthorizationExpired.selector, until));
        dollar.transferWithAuthorization(alice, BOB, 5e6, from, until, NONCE, v, r, s);
        vm.warp(until - 1);
        dollar.transferWithAuthorization(alice, BOB, 5e6, from, until, NONCE, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.AuthorizationUsedOrCanceled.selector, NONCE));
        dollar.transferWithAuthorization(alice, BOB, 5e6, from, until, NONCE, v, r, s);
        assertEq(dollar.balanceOf(BOB), 5e6, 'bob');
    }

    function test_an_authorization_to_receive_is_for_the_recipient_only() public {
        uint256 until = START + 100;
        bytes32 typehash = RECEIVE_WITH_AUTHORIZATION;
        (uint8 v, bytes32 r, bytes32 s) = signAuthorization(typehash, BOB, 5e6, 0, until);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.CallerNotRecipient.selector, address(this)));
        dollar.receiveWithAuthorization(alice, BOB, 5e6, 0, until, NONCE, v, r, s);
        vm.expectRevert(TestDollar.InvalidSignature.selector);
        dollar.transferWithAuthorization(alice, BOB, 5e6, 0, until, NONCE, v, r, s);
        vm.prank(BOB);
        dollar.receiveWithAuthorization(alice, BOB, 5e6, 0, until, NONCE, v, r, s);
        assertEq(dollar.balanceOf(BOB), 5e6, 'bob');
    }

    function test_a_cancelled_authorization_is_worth_nothing() public {
        uint256 until = START + 100;
        bytes32 typehash = TRANSFER_WITH_AUTHORIZATION;
        (uint8 v, bytes32 r, bytes32 s) = signAuthorization(typehash, BOB, 5e6, 0, until);
        (uint8 cv, bytes32 cr, bytes32 cs) =
            vm.sign(ALICE_KEY, digest(keccak256(abi.encode(CANCEL_AUTHORIZATION, alice, NONCE))));
        dollar.cancelAuthorization(alice, NONCE, abi.encodePacked(cr, cs, cv));
        assertTrue(dollar.authorizationState(alice, NONCE), 'used up');
        vm.expectRevert(abi.encodeWithSelector(TestDollar.AuthorizationUsedOrCanceled.selector, NONCE));
        dollar.cancelAuthorization(alice, NONCE, abi.encodePacked(cr, cs, cv));
        vm.expectRevert(abi.encodeWithSelector(TestDollar.AuthorizationUsedOrCanceled.selector, NONCE));
        dollar.transferWithAuthorization(alice, BOB, 5e6, 0, until, NONCE, v, r, s);
    }

    function test_a_contract_wallet_signs_by_erc_1271() public {
        address wallet = address(new Wallet(alice));
        vm.prank(FAUCET);
        dollar.mint(wallet, 5e6);
        bytes32 structHash = keccak256(
            abi.encode(
                TRANSFER_WITH_AUTHORIZATION, wallet, BOB, uint256(5e6), 0, type(uint256).max, NONCE
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digest(structHash));
        vm.expectRevert(TestDollar.InvalidSignature.selector);
        dollar.transferWithAuthorization(wallet, BOB, 5e6, 0, type(uint256).max, NONCE, 'another envelope');
        dollar.transferWithAuthorization(
            wallet, BOB, 5e6, 0, type(uint256).max, NONCE, abi.encodePacked(uint8(0), r, s, v)
        );
        assertEq(dollar.balanceOf(BOB), 5e6, 'bob');
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex'1901', dollar.DOMAIN_SEPARATOR(), structHash));
    }

    function signPermit(address spender, uint256 value, uint256 deadline)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        return vm.sign(
            ALICE_KEY,
            digest(
                keccak256(
                    abi.encode(PERMIT, alice, spender, value, dollar.nonces(alice), deadline)
                )
            )
        );
    }

    function signAuthorization(bytes32 typehash, address to, uint256 value, uint256 from, uint256 until)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        return vm.sign(ALICE_KEY, digest(keccak256(abi.encode(typehash, alice, to, value, from, until, NONCE))));
    }
}
