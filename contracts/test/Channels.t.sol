// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelId, IChannels} from '../src/interfaces/IChannels.sol';
import {ChannelsTest} from './support/ChannelsTest.sol';
import {Wallet} from './support/HostileTokens.sol';

/// The ordinary life of a channel, act by act.
contract ChannelsLifeTest is ChannelsTest {
    // Opening

    function test_open_locks_the_deposit_and_tells_the_whole_key() public {
        ChannelId id = channels.channelId(key);
        vm.expectEmit(true, true, true, true);
        emit IChannels.Opened(
            id, payer, payee, address(dollar), signer, GRACE, 0, bytes32(0), 0, 10e6
        );
        open(key, 10e6);
        IChannels.State memory opened = state(key);
        assertEq(opened.deposited, 10e6, 'deposited');
        assertEq(opened.claimed, 0, 'claimed');
        assertEq(opened.closeAt, 0, 'closeAt');
        assertEq(opened.epoch, 0, 'epoch');
        assertEq(dollar.balanceOf(address(channels)), 10e6, 'balance');
    }

    function test_open_with_ether_needs_exactly_the_amount() public {
        vm.startPrank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongValue.selector, 1 ether - 1, 1 ether));
        channels.open{value: 1 ether - 1}(etherKey, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongValue.selector, 1 ether + 1, 1 ether));
        channels.open{value: 1 ether + 1}(etherKey, 1 ether);
        channels.open{value: 1 ether}(etherKey, 1 ether);
        vm.stopPrank();
        assertEq(address(channels).balance, 1 ether, 'balance');
    }

    function test_open_with_a_token_refuses_ether() public {
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongValue.selector, 1, 0));
        channels.open{value: 1}(key, 10e6);
    }

    function test_open_only_by_the_payer() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayer.selector, stranger));
        channels.open(key, 10e6);
    }

    function test_open_refuses_keys_that_make_no_sense() public {
        IChannels.Key memory bad = key;
        bad.payee = address(0);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayeeRefused.selector, address(0)));
        open(bad, 1);
        bad.payee = address(channels);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayeeRefused.selector, address(channels)));
        open(bad, 1);
        bad.payee = payee;
        bad.signer = address(0);
        vm.expectRevert(abi.encodeWithSelector(IChannels.SignerRefused.selector, address(0)));
        open(bad, 1);
        bad.signer = payee;
        vm.expectRevert(abi.encodeWithSelector(IChannels.SignerRefused.selector, payee));
        open(bad, 1);
        bad.signer = signer;
        bad.expiry = uint40(START);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ExpiryPassed.selector, START));
        open(bad, 1);
        bad.expiry = 0;
        vm.expectRevert(IChannels.ZeroAmount.selector);
        open(bad, 0);
    }

    function test_a_channel_may_expire_a_second_after_it_is_opened() public {
        key.expiry = uint40(START + 1);
        open(key, 1);
        assertEq(state(key).deposited, 1, 'open');
    }

    function test_two_opens_in_one_block_the_second_is_refused() public {
        open(key, 10e6);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelAlreadyOpen.selector, channels.channelId(key)));
        open(key, 5e6);
        assertEq(state(key).deposited, 10e6, 'deposited');
    }

    function test_another_salt_is_another_channel() public {
        IChannels.Key memory other = key;
        other.salt = bytes32(uint256(1));
        open(key, 10e6);
        open(other, 5e6);
        assertEq(state(key).deposited, 10e6, 'first');
        assertEq(state(other).deposited, 5e6, 'second');
    }

    function test_open_with_permit_needs_no_allowance_before() public {
        vm.prank(payer);
        dollar.approve(address(channels), 0);
        IChannels.Permit memory permit_ = permit(10e6);
        vm.prank(payer);
        channels.openWithPermit(key, 10e6, permit_);
        assertEq(state(key).deposited, 10e6, 'deposited');
        assertEq(dollar.balanceOf(address(channels)), 10e6, 'balance');
    }

    function test_open_with_permit_survives_a_front_runner_who_submits_it_first() public {
        vm.prank(payer);
        dollar.approve(address(channels), 0);
        IChannels.Permit memory permit_ = permit(10e6);
        vm.prank(stranger);
        dollar.permit(payer, address(channels), 10e6, permit_.deadline, permit_.v, permit_.r, permit_.s);
        vm.prank(payer);
        channels.openWithPermit(key, 10e6, permit_);
        assertEq(state(key).deposited, 10e6, 'deposited');
        assertEq(dollar.balanceOf(address(channels)), 10e6, 'balance');
    }

    function test_a_permit_cannot_be_carried_by_a_stranger() public {
        IChannels.Permit memory permit_ = permit(10e6);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayer.selector, stranger));
        channels.openWithPermit(key, 10e6, permit_);
    }

    function test_open_with_authorization_is_carried_by_anybody() public {
        IChannels.Authorization memory authorization = authorize(key, 10e6, 0);
        vm.prank(stranger);
        channels.openWithAuthorization(key, 10e6, authorization);
        assertEq(state(key).deposited, 10e6, 'deposited');
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - 10e6, 'the payer paid');
    }

    function test_a_contract_wallet_funds_by_authorization_too() public {
        IChannels.Key memory smart = key;
        smart.payer = address(new Wallet(payer));
        vm.prank(FAUCET);
        dollar.mint(smart.payer, 10e6);
        IChannels.Authorization memory authorization = authorize(smart, 10e6, 0);
        authorization.signature = abi.encodePacked(uint8(0), authorization.signature);
        vm.prank(stranger);
        channels.openWithAuthorization(smart, 10e6, authorization);
        assertEq(state(smart).deposited, 10e6, 'deposited');
    }

    // Topping up

    function test_top_up_adds_and_cancels_a_close() public {
        open(key, 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        topUp(key, 5e6);
        assertEq(state(key).deposited, 15e6, 'deposited');
        assertEq(state(key).closeAt, 0, 'closeAt');
        vm.warp(START + GRACE);
        vm.expectRevert(abi.encodeWithSelector(IChannels.TooEarly.selector, 0));
        channels.withdraw(key);
    }

    function test_top_up_with_ether() public {
        open(etherKey, 1 ether);
        topUp(etherKey, 2 ether);
        assertEq(state(etherKey).deposited, 3 ether, 'deposited');
        assertEq(address(channels).balance, 3 ether, 'balance');
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongValue.selector, 0, 1 ether));
        channels.topUp(etherKey, 1 ether);
    }

    function test_top_up_with_permit() public {
        open(key, 10e6);
        vm.prank(payer);
        dollar.approve(address(channels), 0);
        IChannels.Permit memory permit_ = permit(5e6);
        vm.prank(payer);
        channels.topUpWithPermit(key, 5e6, permit_);
        assertEq(state(key).deposited, 15e6, 'deposited');
        assertEq(dollar.balanceOf(address(channels)), 15e6, 'balance');
    }

    function test_an_allowance_signed_ahead_becomes_valid_week_by_week() public {
        open(key, 10e6);
        IChannels.Authorization memory first = authorizeWithin(key, 1e6, 1, 0, type(uint256).max);
        IChannels.Authorization memory second = authorizeWithin(key, 1e6, 2, START + 7 days, type(uint256).max);
        vm.prank(stranger);
        channels.topUpWithAuthorization(key, 1e6, 1, first);
        vm.expectRevert();
        channels.topUpWithAuthorization(key, 1e6, 2, second);
        vm.warp(START + 7 days + 1);
        vm.prank(stranger);
        channels.topUpWithAuthorization(key, 1e6, 2, second);
        assertEq(state(key).deposited, 12e6, 'deposited');
        assertEq(dollar.balanceOf(address(channels)), 12e6, 'balance');
    }

    function test_a_relayed_top_up_waits_while_the_payer_wants_to_leave() public {
        open(key, 10e6);
        IChannels.Authorization memory authorization = authorize(key, 1e6, 1);
        vm.prank(payer);
        channels.requestClose(key);
        vm.prank(payee);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelClosing.selector, START + GRACE));
        channels.topUpWithAuthorization(key, 1e6, 1, authorization);
        vm.prank(payer);
        channels.topUpWithAuthorization(key, 1e6, 1, authorization);
        assertEq(state(key).closeAt, 0, 'the payer himself cancels the close');
    }

    function test_top_up_index_zero_is_the_opening() public {
        open(key, 10e6);
        IChannels.Authorization memory authorization = authorize(key, 1e6, 0);
        vm.expectRevert(IChannels.ZeroIndex.selector);
        channels.topUpWithAuthorization(key, 1e6, 0, authorization);
    }

    function test_top_up_by_a_third_party_is_refused() public {
        open(key, 10e6);
        vm.prank(FAUCET);
        dollar.mint(stranger, 1e6);
        vm.startPrank(stranger);
        dollar.approve(address(channels), 1e6);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayer.selector, stranger));
        channels.topUp(key, 1e6);
        vm.stopPrank();
    }

    function test_top_up_with_permit_only_by_the_payer() public {
        open(key, 10e6);
        IChannels.Permit memory permit_ = permit(5e6);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayer.selector, stranger));
        channels.topUpWithPermit(key, 5e6, permit_);
    }

    function test_top_up_of_nothing_is_refused() public {
        open(key, 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        topUp(key, 0);
        assertEq(state(key).closeAt, START + GRACE, 'and cancels nothing');
    }

    function test_top_up_needs_an_open_channel() public {
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotOpen.selector, channels.channelId(key)));
        topUp(key, 1);
    }

    // Claiming

    function test_claim_pays_the_payee_whoever_sends_it() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 3e6);
        vm.prank(stranger);
        uint256 paid = claim(key, 3e6, signature);
        assertEq(paid, 3e6, 'paid');
        assertEq(dollar.balanceOf(payee), 3e6, 'payee');
        assertEq(dollar.balanceOf(stranger), 0, 'stranger');
        assertEq(state(key).claimed, 3e6, 'claimed');
    }

    function test_claim_pays_only_what_it_adds() public {
        open(etherKey, 10 ether);
        claim(etherKey, 3 ether, signClaim(etherKey, 3 ether));
        vm.expectEmit(true, true, true, true);
        emit IChannels.Claimed(channels.channelId(etherKey), amounts(0, 1 ether, 4 ether));
        claim(etherKey, 4 ether, signClaim(etherKey, 4 ether));
        assertEq(payee.balance, 4 ether, 'payee');
    }

    function test_claim_not_above_the_last_is_refused() public {
        open(key, 10e6);
        bytes memory larger = signClaim(key, 3e6);
        bytes memory smaller = signClaim(key, 2e6);
        claim(key, 3e6, larger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimNotIncreasing.selector, 3e6, 3e6));
        claim(key, 3e6, larger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimNotIncreasing.selector, 3e6, 2e6));
        claim(key, 2e6, smaller);
    }

    function test_claim_above_the_deposit_pays_the_deposit_and_the_rest_after_a_top_up() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 15e6);
        assertEq(claim(key, 15e6, signature), 10e6, 'capped');
        topUp(key, 10e6);
        assertEq(claim(key, 15e6, signature), 5e6, 'the rest');
        assertEq(state(key).claimed, 15e6, 'claimed');
    }

    function test_batch_pays_many_channels_at_once() public {
        IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](3);
        for (uint96 i = 0; i < 3; ++i) {
            IChannels.Key memory each = key;
            each.salt = bytes32(uint256(i));
            open(each, 10e6);
            rows[i] = row(each, (i + 1) * 1e6, signClaim(each, (i + 1) * 1e6));
        }
        vm.prank(stranger);
        assertEq(channels.claimBatch(payee, address(dollar), rows), 6e6, 'paid');
        assertEq(dollar.balanceOf(payee), 6e6, 'payee');
    }

    function test_batch_that_is_empty_pays_nothing() public {
        assertEq(channels.claimBatch(payee, address(dollar), new IChannels.ClaimRow[](0)), 0, 'paid');
    }

    function test_batch_skips_stale_closed_duplicate_and_forged_rows() public {
        IChannels.Key memory stale = key;
        IChannels.Key memory never = key;
        IChannels.Key memory forged = key;
        IChannels.Key memory good = key;
        stale.salt = bytes32(uint256(1));
        never.salt = bytes32(uint256(2));
        forged.salt = bytes32(uint256(3));
        good.salt = bytes32(uint256(4));
        open(stale, 10e6);
        open(forged, 10e6);
        open(good, 10e6);
        bytes memory staleSignature = signClaim(stale, 2e6);
        claim(stale, 2e6, staleSignature);
        IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](6);
        rows[0] = row(stale, 2e6, staleSignature);
        rows[1] = row(never, 2e6, signClaim(never, 2e6));
        rows[2] = row(forged, 2e6, signClaim(STRANGER_KEY, forged, 2e6));
        rows[3] = row(good, 3e6, signClaim(good, 3e6));
        rows[4] = rows[3];
        rows[5] = row(forged, 2e6, '');
        vm.expectEmit(true, true, true, true);
        emit IChannels.ClaimSkipped(channels.channelId(stale), IChannels.ClaimNotIncreasing.selector);
        vm.expectEmit(true, true, true, true);
        emit IChannels.ClaimSkipped(channels.channelId(never), IChannels.ChannelNotOpen.selector);
        vm.expectEmit(true, true, true, true);
        emit IChannels.ClaimSkipped(channels.channelId(forged), IChannels.InvalidSignature.selector);
        vm.expectEmit(true, true, true, true);
        emit IChannels.Claimed(channels.channelId(good), amounts(0, 3e6, 3e6));
        assertEq(channels.claimBatch(payee, address(dollar), rows), 3e6, 'paid');
        assertEq(dollar.balanceOf(payee), 5e6, 'payee');
        assertEq(channels.claimBatch(payee, address(dollar), rows), 0, 'the same again');
    }

    function test_batch_of_500_rows_costs_the_same_for_the_last_row_as_for_the_first() public {
        IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](500);
        for (uint96 i = 0; i < 500; ++i) {
            IChannels.Key memory each = key;
            each.salt = bytes32(uint256(i));
            open(each, 1e6);
            rows[i] = row(each, 1e6, signClaim(each, 1e6));
        }
        IChannels.ClaimRow[] memory hundred = new IChannels.ClaimRow[](100);
        for (uint96 i = 0; i < 100; ++i) hundred[i] = rows[i];
        uint256 snapshot = vm.snapshotState();
        uint256 start = gasleft();
        channels.claimBatch(payee, address(dollar), hundred);
        uint256 forHundred = start - gasleft();
        vm.revertToState(snapshot);
        start = gasleft();
        assertEq(channels.claimBatch(payee, address(dollar), rows), 500e6, 'paid');
        assertTrue(start - gasleft() < 6 * forHundred, 'five times as much and not its square');
    }

    // Leaving

    function test_close_by_the_payee_pays_both_and_ends_the_epoch() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 4e6);
        vm.expectEmit(true, true, true, true);
        emit IChannels.Closed(channels.channelId(key), amounts(0, 4e6, 6e6));
        vm.prank(payee);
        channels.close(key, 4e6, 4e6, signature);
        assertEq(dollar.balanceOf(payee), 4e6, 'payee');
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - 4e6, 'payer');
        IChannels.State memory ended = state(key);
        assertEq(ended.deposited, 0, 'deposited');
        assertEq(ended.claimed, 0, 'claimed');
        assertEq(ended.epoch, 1, 'epoch');
    }

    function test_close_may_capture_less_than_the_claim_but_not_less_than_was_paid() public {
        open(key, 10e6);
        claim(key, 2e6, signClaim(key, 2e6));
        bytes memory signature = signClaim(key, 5e6);
        vm.startPrank(payee);
        vm.expectRevert(abi.encodeWithSelector(IChannels.CaptureBelowClaimed.selector, 2e6, 2e6 - 1));
        channels.close(key, 2e6 - 1, 5e6, signature);
        vm.expectRevert(abi.encodeWithSelector(IChannels.CaptureAboveClaim.selector, 5e6, 5e6 + 1));
        channels.close(key, 5e6 + 1, 5e6, signature);
        vm.expectRevert(abi.encodeWithSelector(IChannels.CaptureAboveDeposit.selector, 10e6, 10e6 + 1));
        channels.close(key, 10e6 + 1, 10e6 + 1, signature);
        channels.close(key, 3e6, 5e6, signature);
        vm.stopPrank();
        assertEq(dollar.balanceOf(payee), 3e6, 'payee');
    }

    function test_close_at_what_was_claimed_needs_no_claim() public {
        open(key, 10e6);
        vm.prank(payee);
        channels.close(key, 0, 0, '');
        assertEq(dollar.balanceOf(payer), 1_000_000e6, 'payer');
    }

    function test_close_with_the_payees_signature_is_carried_by_anybody() public {
        open(key, 10e6);
        bytes memory claimSignature = signClaim(key, 4e6);
        bytes memory closeSignature = signClose(PAYEE_KEY, key, 4e6, uint40(START));
        vm.prank(stranger);
        channels.closeWithSignature(key, 4e6, 4e6, claimSignature, uint40(START), closeSignature);
        assertEq(dollar.balanceOf(payee), 4e6, 'payee');
    }

    function test_close_with_a_signature_ends_at_its_deadline() public {
        open(key, 10e6);
        bytes memory closeSignature = signClose(PAYEE_KEY, key, 0, uint40(START));
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IChannels.DeadlinePassed.selector, START));
        channels.closeWithSignature(key, 0, 0, '', uint40(START), closeSignature);
    }

    function test_request_close_by_payer_or_signer_starts_the_grace() public {
        open(key, 10e6);
        vm.expectEmit(true, true, true, true);
        emit IChannels.CloseRequested(channels.channelId(key), 0, uint40(START + GRACE));
        vm.prank(signer);
        channels.requestClose(key);
        assertEq(state(key).closeAt, START + GRACE, 'closeAt');
    }

    function test_request_close_twice_does_not_move_the_date() public {
        open(key, 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + 100);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelClosing.selector, START + GRACE));
        channels.requestClose(key);
        assertEq(state(key).closeAt, START + GRACE, 'closeAt');
    }

    function test_request_close_with_a_signature_of_payer_or_signer() public {
        open(key, 10e6);
        IChannels.Key memory other = key;
        other.salt = bytes32(uint256(1));
        open(other, 10e6);
        bytes memory byPayer = signRequestClose(PAYER_KEY, key, uint40(START));
        bytes memory bySigner = signRequestClose(SIGNER_KEY, other, uint40(START));
        vm.startPrank(stranger);
        channels.requestCloseWithSignature(key, uint40(START), byPayer);
        channels.requestCloseWithSignature(other, uint40(START), bySigner);
        vm.stopPrank();
        assertEq(state(key).closeAt, START + GRACE, 'by the payer');
        assertEq(state(other).closeAt, START + GRACE, 'by the signer');
    }

    function test_request_close_with_a_signature_ends_at_its_deadline() public {
        open(key, 10e6);
        bytes memory signature = signRequestClose(PAYER_KEY, key, uint40(START));
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IChannels.DeadlinePassed.selector, START));
        channels.requestCloseWithSignature(key, uint40(START), signature);
    }

    function test_withdraw_after_the_grace_pays_the_payer_whoever_sends_it() public {
        open(key, 10e6);
        claim(key, 4e6, signClaim(key, 4e6));
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        vm.expectEmit(true, true, true, true);
        emit IChannels.Withdrawn(channels.channelId(key), amounts(0, 4e6, 6e6));
        vm.prank(stranger);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - 4e6, 'payer');
        assertEq(state(key).epoch, 1, 'epoch');
        assertEq(dollar.balanceOf(address(channels)), 0, 'nothing is left');
    }

    function test_withdraw_after_the_expiry_needs_no_request() public {
        IChannels.Key memory expiring = key;
        expiring.expiry = uint40(START + 30 days);
        open(expiring, 10e6);
        vm.warp(START + 30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IChannels.TooEarly.selector, START + 30 days));
        channels.withdraw(expiring);
        vm.warp(START + 30 days);
        channels.withdraw(expiring);
        assertEq(dollar.balanceOf(payer), 1_000_000e6, 'payer');
    }

    function test_withdraw_opens_at_the_earlier_of_grace_and_expiry() public {
        IChannels.Key memory expiring = key;
        expiring.expiry = uint40(START + GRACE + 1);
        open(expiring, 10e6);
        vm.prank(payer);
        channels.requestClose(expiring);
        vm.warp(START + GRACE);
        channels.withdraw(expiring);
        expiring.salt = bytes32(uint256(1));
        expiring.expiry = uint40(START + GRACE + 5);
        open(expiring, 10e6);
        vm.prank(payer);
        channels.requestClose(expiring);
        vm.warp(START + GRACE + 5);
        channels.withdraw(expiring);
    }

    function test_a_channel_whose_all_was_claimed_still_ends() public {
        open(key, 10e6);
        claim(key, 10e6, signClaim(key, 10e6));
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        channels.withdraw(key);
        assertEq(state(key).epoch, 1, 'epoch');
    }

    // Looking

    function test_states_answers_in_the_order_asked() public {
        open(key, 10e6);
        ChannelId[] memory ids = new ChannelId[](3);
        ids[0] = channels.channelId(key);
        ids[1] = channels.channelId(etherKey);
        ids[2] = ids[0];
        IChannels.State[] memory found = channels.states(ids);
        assertEq(found[0].deposited, 10e6, 'open');
        assertEq(found[1].deposited, 0, 'never opened');
        assertEq(found[2].deposited, 10e6, 'open, asked again');
    }

    function test_the_domain_is_the_one_that_signatures_are_made_for() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address contract_,
            bytes32 salt,
            uint256[] memory extensions
        ) = channels.eip712Domain();
        assertTrue(fields == hex'0f', 'fields');
        assertTrue(keccak256(bytes(name)) == keccak256('Tributary Channels'), 'name');
        assertTrue(keccak256(bytes(version)) == keccak256('1'), 'version');
        assertEq(chainId, block.chainid, 'chain id');
        assertTrue(contract_ == address(channels), 'contract');
        assertTrue(salt == 0, 'salt');
        assertEq(extensions.length, 0, 'extensions');
    }

    function test_the_id_is_the_hash_of_chain_contract_and_key() public view {
        bytes32 expected = keccak256(
            abi.encode(
                block.chainid, address(channels), payer, payee, address(dollar), signer, GRACE, uint40(0), bytes32(0)
            )
        );
        assertTrue(ChannelId.unwrap(channels.channelId(key)) == expected, 'id');
    }

    // Integer limits

    function testFuzz_the_payee_gets_the_best_claim_and_the_payer_the_rest(uint96 deposit, uint96 first, uint96 second)
        public
    {
        deposit = uint96(bound(deposit, 1, 1_000_000e6));
        open(key, deposit);
        uint256 best;
        for (uint256 i = 0; i < 2; ++i) {
            uint96 cumulative = i == 0 ? first : second;
            uint256 capped = cumulative < deposit ? cumulative : deposit;
            if (capped > best) {
                best = capped;
                claim(key, cumulative, signClaim(key, cumulative));
            }
            assertEq(dollar.balanceOf(payee), best, 'payee');
        }
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - best, 'payer');
    }

    function test_the_deposit_ends_at_96_bits() public {
        vm.prank(FAUCET);
        dollar.mint(payer, type(uint128).max);
        open(key, type(uint96).max - 1);
        topUp(key, 1);
        vm.expectRevert(IChannels.DepositTooLarge.selector);
        topUp(key, 1);
        claim(key, type(uint96).max, signClaim(key, type(uint96).max));
        assertEq(dollar.balanceOf(payee), type(uint96).max, 'payee');
    }

    function test_the_last_epoch_is_never_opened() public {
        ChannelId id = channels.channelId(key);
        vm.store(address(channels), ChannelId.unwrap(id), bytes32(uint256(type(uint24).max - 1) << 232));
        open(key, 10e6);
        vm.prank(payee);
        channels.close(key, 0, 0, '');
        assertEq(epochOf(key), type(uint24).max, 'epoch');
        vm.expectRevert(abi.encodeWithSelector(IChannels.NoEpochLeft.selector, id));
        open(key, 10e6);
    }

    function test_the_longest_grace_does_not_overflow() public {
        IChannels.Key memory patient = key;
        patient.grace = type(uint32).max;
        open(patient, 1);
        vm.prank(payer);
        channels.requestClose(patient);
        assertEq(state(patient).closeAt, START + type(uint32).max, 'closeAt');
    }
}
