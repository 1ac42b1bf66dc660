// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelId, IChannels} from '../src/interfaces/IChannels.sol';
import {TestDollar} from '../src/TestDollar.sol';
import {ChannelsTest} from './support/ChannelsTest.sol';
import {
    FalseToken,
    FeeToken,
    FreeRidingToken,
    FreeToken,
    LyingToken,
    MuteToken,
    PlainToken,
    RebasingToken,
    Recipient,
    ReentrantToken,
    RevertingToken,
    SecretiveToken,
    SilentToken,
    TalkativeToken,
    Wallet
} from './support/HostileTokens.sol';

/// What a thief, a broken token or a spiteful counterparty would try.
contract ChannelsAttacksTest is ChannelsTest {
    // Replay

    function test_a_claim_of_an_earlier_epoch_is_worth_nothing() public {
        open(key, 10e6);
        bytes memory old = signClaim(key, 9e6);
        vm.prank(payee);
        channels.close(key, 0, 0, '');
        open(key, 10e6);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, old);
        vm.prank(payee);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.close(key, 9e6, 9e6, old);
    }

    function test_a_claim_for_another_contract_is_worth_nothing() public {
        open(key, 10e6);
        bytes memory here = signClaim(key, 9e6);
        IChannels elsewhere = deployChannels();
        vm.startPrank(payer);
        dollar.approve(address(elsewhere), 10e6);
        elsewhere.open(key, 10e6);
        vm.stopPrank();
        bytes32[2] memory words = compact(here);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        elsewhere.claim(key, 9e6, words);
    }

    function test_a_claim_is_worth_nothing_once_the_chain_has_another_id_but_the_payer_gets_out() public {
        open(key, 10e6);
        bytes memory before = signClaim(key, 9e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.chainId(424242);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, before);
        claim(key, 1e6, signClaim(key, 1e6));
        vm.warp(START + GRACE);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - 1e6, 'payer');
    }

    function test_a_claim_for_another_channel_is_worth_nothing() public {
        IChannels.Key memory other = key;
        other.salt = bytes32(uint256(1));
        open(key, 10e6);
        open(other, 10e6);
        bytes memory signature = signClaim(other, 9e6);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, signature);
    }

    function test_a_close_of_an_earlier_epoch_is_worth_nothing() public {
        open(key, 10e6);
        bytes memory old = signClose(PAYEE_KEY, key, 0, type(uint40).max);
        vm.prank(payee);
        channels.close(key, 0, 0, '');
        open(key, 10e6);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.closeWithSignature(key, 0, 0, '', type(uint40).max, old);
    }

    function test_an_old_request_to_close_cannot_undo_a_top_up() public {
        open(key, 10e6);
        bytes memory old = signRequestClose(PAYER_KEY, key, type(uint40).max);
        channels.requestCloseWithSignature(key, type(uint40).max, old);
        topUp(key, 1e6);
        vm.prank(stranger);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.requestCloseWithSignature(key, type(uint40).max, old);
    }

    function test_an_authorization_opens_only_the_channel_it_names() public {
        IChannels.Authorization memory authorization = authorize(key, 10e6, 0);
        IChannels.Key memory thiefs = key;
        thiefs.payee = stranger;
        vm.startPrank(stranger);
        vm.expectRevert(depositFailed(abi.encodeWithSelector(TestDollar.InvalidSignature.selector)));
        channels.openWithAuthorization(thiefs, 10e6, authorization);
        vm.expectRevert(depositFailed(abi.encodeWithSelector(TestDollar.InvalidSignature.selector)));
        channels.openWithAuthorization(key, 9e6, authorization);
        vm.stopPrank();
    }

    function test_an_authorization_works_once() public {
        IChannels.Authorization memory first = authorize(key, 10e6, 0);
        channels.openWithAuthorization(key, 10e6, first);
        IChannels.Authorization memory more = authorize(key, 1e6, 1);
        channels.topUpWithAuthorization(key, 1e6, 1, more);
        vm.expectRevert();
        channels.topUpWithAuthorization(key, 1e6, 1, more);
        vm.prank(payee);
        channels.close(key, 0, 0, '');
        vm.expectRevert();
        channels.openWithAuthorization(key, 10e6, first);
    }

    function test_an_allowance_dies_with_its_epoch() public {
        open(key, 10e6);
        IChannels.Authorization memory more = authorize(key, 1e6, 1);
        vm.prank(payee);
        channels.close(key, 0, 0, '');
        open(key, 10e6);
        vm.expectRevert(depositFailed(abi.encodeWithSelector(TestDollar.InvalidSignature.selector)));
        channels.topUpWithAuthorization(key, 1e6, 1, more);
    }

    // Forged signatures

    function test_the_payer_cannot_close_with_an_own_claim_of_zero() public {
        open(key, 10e6);
        bytes memory byPayer = signClaim(PAYER_KEY, key, 0);
        bytes memory bySigner = signClaim(key, 0);
        bytes memory closeByPayer = signClose(PAYER_KEY, key, 0, type(uint40).max);
        vm.startPrank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimNotIncreasing.selector, 0, 0));
        claim(key, 0, byPayer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimNotIncreasing.selector, 0, 0));
        claim(key, 0, bySigner);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayee.selector, payer));
        channels.close(key, 0, 0, bySigner);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.closeWithSignature(key, 0, 0, bySigner, type(uint40).max, closeByPayer);
        vm.stopPrank();
    }

    function test_a_stranger_who_knows_the_key_can_do_nothing() public {
        open(key, 10e6);
        bytes memory forgedClaim = signClaim(STRANGER_KEY, key, 9e6);
        bytes memory forgedClose = signClose(STRANGER_KEY, key, 0, type(uint40).max);
        bytes memory forgedRequest = signRequestClose(STRANGER_KEY, key, type(uint40).max);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayee.selector, stranger));
        channels.close(key, 0, 0, '');
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayerOrSigner.selector, stranger));
        channels.requestClose(key);
        vm.expectRevert(abi.encodeWithSelector(IChannels.TooEarly.selector, 0));
        channels.withdraw(key);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, forgedClaim);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.closeWithSignature(key, 0, 0, '', type(uint40).max, forgedClose);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.requestCloseWithSignature(key, type(uint40).max, forgedRequest);
        vm.stopPrank();
    }

    function test_the_payee_cannot_pay_himself() public {
        open(key, 10e6);
        bytes memory own = signClaim(PAYEE_KEY, key, 9e6);
        vm.startPrank(payee);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, own);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.close(key, 9e6, 9e6, own);
        vm.stopPrank();
    }

    function test_the_payer_cannot_sign_claims_unless_he_is_the_signer() public {
        open(key, 10e6);
        bytes memory byPayer = signClaim(PAYER_KEY, key, 9e6);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, byPayer);
    }

    function test_a_signature_with_high_s_is_refused() public {
        open(key, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY, claimDigest(key, 0, 9e6));
        bytes memory mirrored = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(IChannels.InvalidSignature.selector);
        claim(key, 9e6, mirrored);
    }

    function test_signatures_of_another_form_are_refused() public {
        open(key, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY, claimDigest(key, 0, 9e6));
        bytes[7] memory bad = [
            bytes(''),
            abi.encodePacked(r, bytes31(s)),
            abi.encodePacked(r, s, v, uint8(0)),
            abi.encodePacked(r, s, v - 27),
            abi.encodePacked(r, s, uint8(29)),
            abi.encodePacked(bytes32(0), bytes32(0), uint8(27)),
            abi.encodePacked(r, bytes32(uint256(s) | (uint256(28 - v) << 255)))
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            assertEq(claimRow(key, 9e6, bad[i]), 0, 'paid in a batch');
            vm.prank(payee);
            vm.expectRevert(IChannels.InvalidSignature.selector);
            channels.close(key, 9e6, 9e6, bad[i]);
        }
        claim(key, 9e6, abi.encodePacked(r, s, v));
    }

    function test_the_short_form_of_a_signature_is_as_good_in_a_batch_and_in_a_close() public {
        open(key, 10e6);
        assertEq(claimRow(key, 4e6, abi.encodePacked(compact(signClaim(key, 4e6)))), 4e6, 'paid in a batch');
        bytes memory last = abi.encodePacked(compact(signClaim(key, 9e6)));
        vm.prank(payee);
        channels.close(key, 9e6, 9e6, last);
        assertEq(dollar.balanceOf(payee), 9e6, 'payee');
    }

    function testFuzz_no_other_bytes_make_a_claim(bytes calldata signature) public {
        open(key, 10e6);
        assertEq(claimRow(key, 9e6, signature), 0, 'paid in a batch');
        vm.prank(payee);
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.close(key, 9e6, 9e6, signature);
    }

    // The payer against the payee

    function test_the_payer_cannot_lower_what_was_promised() public {
        open(key, 10e6);
        bytes memory small = signClaim(key, 1e6);
        bytes memory newest = signClaim(key, 9e6);
        claim(key, 1e6, small);
        vm.startPrank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        vm.stopPrank();
        claim(key, 9e6, newest);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimNotIncreasing.selector, 9e6, 1e6));
        claim(key, 1e6, small);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(payee), 9e6, 'payee');
    }

    function test_the_payer_cannot_freeze_a_channel() public {
        open(key, 10e6);
        bytes memory newest = signClaim(key, 9e6);
        vm.startPrank(payer);
        channels.requestClose(key);
        channels.topUp(key, 1);
        channels.requestClose(key);
        dollar.approve(address(channels), 0);
        dollar.transfer(stranger, dollar.balanceOf(payer));
        vm.stopPrank();
        claim(key, 9e6, newest);
        assertEq(dollar.balanceOf(payee), 9e6, 'payee');
    }

    function test_the_payer_cannot_outlive_the_payee_who_claims_before_him() public {
        IChannels.Key memory expiring = key;
        expiring.expiry = uint40(START + 8 days);
        open(expiring, 10e6);
        bytes memory newest = signClaim(expiring, 9e6);
        vm.warp(START + 400 days);
        claim(expiring, 9e6, newest);
        vm.prank(payer);
        channels.withdraw(expiring);
        assertEq(dollar.balanceOf(payee), 9e6, 'payee');
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - 9e6, 'payer');
    }

    function test_the_payer_cannot_come_back_for_more() public {
        open(key, 10e6);
        open(keyWithSalt(1), 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        channels.withdraw(key);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotOpen.selector, channels.channelId(key)));
        channels.withdraw(key);
        assertEq(dollar.balanceOf(address(channels)), 10e6, 'the other channel is whole');
    }

    function test_a_payer_nobody_can_sign_for_is_not_asked_to_close_by_anybody() public {
        IChannels.Key memory nobodys = key;
        FreeToken token = new FreeToken();
        nobodys.payer = address(0);
        nobodys.token = address(token);
        channels.openWithAuthorization(nobodys, 1, IChannels.Authorization(0, 0, ''));
        vm.expectRevert(IChannels.InvalidSignature.selector);
        channels.requestCloseWithSignature(
            nobodys, type(uint40).max, abi.encodePacked(bytes32(0), bytes32(0), uint8(27))
        );
    }

    // Batches

    function test_a_batch_names_its_payee_and_token_and_moves_no_others() public {
        open(key, 10e6);
        open(etherKey, 1 ether);
        IChannels.ClaimRow[] memory mixed = new IChannels.ClaimRow[](2);
        mixed[0] = row(key, 1e6, signClaim(key, 1e6));
        mixed[1] = row(etherKey, 1 ether, signClaim(etherKey, 1 ether));
        assertEq(channels.claimBatch(stranger, address(dollar), mixed), 0, 'not to a stranger');
        assertEq(channels.claimBatch(payee, address(0), mixed), 1 ether, 'its own row');
        assertEq(channels.claimBatch(payee, address(dollar), mixed), 1e6, 'its own row');
        assertEq(payee.balance, 1 ether, 'payee, in ether');
        assertEq(dollar.balanceOf(payee), 1e6, 'payee, in dollars');
        assertEq(dollar.balanceOf(stranger), 0, 'stranger');
    }

    // Packed batches

    function test_a_packed_batch_of_the_wrong_length_is_refused() public {
        open(key, 10e6);
        bytes memory good = packedRow(key, 1e6, signClaim(key, 1e6));
        vm.expectRevert(abi.encodeWithSelector(IChannels.MalformedRows.selector, 158));
        channels.claimPacked(payee, address(dollar), abi.encodePacked(good, uint8(0)));
        bytes memory cut = new bytes(156);
        vm.expectRevert(abi.encodeWithSelector(IChannels.MalformedRows.selector, 156));
        channels.claimPacked(payee, address(dollar), cut);
    }

    function test_a_packed_batch_passes_over_stale_closed_duplicate_forged_and_foreign_rows() public {
        open(key, 10e6);
        open(keyWithSalt(1), 10e6);
        open(keyWithSalt(2), 10e6);
        IChannels.Key memory foreign = keyWithSalt(3);
        foreign.payee = stranger;
        open(foreign, 10e6);
        claim(key, 2e6, signClaim(key, 2e6));
        bytes memory stale = packedRow(key, 2e6, signClaim(key, 2e6));
        bytes memory good = packedRow(keyWithSalt(1), 3e6, signClaim(keyWithSalt(1), 3e6));
        bytes memory forged = packedRow(keyWithSalt(2), 3e6, signClaim(STRANGER_KEY, keyWithSalt(2), 3e6));
        bytes memory never = packedRow(keyWithSalt(9), 3e6, signClaim(keyWithSalt(9), 3e6));
        bytes memory others = packedRow(foreign, 3e6, signClaim(foreign, 3e6));
        IChannels.Key memory asMine = foreign;
        asMine.payee = payee;
        bytes memory rows = abi.encodePacked(stale, good, forged, good, never, others);
        expectSkipped(key, IChannels.ClaimNotIncreasing.selector);
        vm.expectEmit(true, true, true, true);
        emit IChannels.Claimed(channels.channelId(keyWithSalt(1)), amounts(0, 3e6, 3e6));
        expectSkipped(keyWithSalt(2), IChannels.InvalidSignature.selector);
        expectSkipped(keyWithSalt(1), IChannels.ClaimNotIncreasing.selector);
        expectSkipped(keyWithSalt(9), IChannels.ChannelNotOpen.selector);
        expectSkipped(asMine, IChannels.ChannelNotOpen.selector);
        assertEq(channels.claimPacked(payee, address(dollar), rows), 3e6, 'paid');
        assertEq(dollar.balanceOf(payee), 5e6, 'payee');
        assertEq(dollar.balanceOf(stranger), 0, 'the other payee waits for his own batch');
    }

    function test_a_packed_batch_names_its_payee_and_token_and_moves_no_others() public {
        open(key, 10e6);
        open(etherKey, 1 ether);
        bytes memory inDollars = packedRow(key, 1e6, signClaim(key, 1e6));
        bytes memory inEther = packedRow(etherKey, 1 ether, signClaim(etherKey, 1 ether));
        assertEq(channels.claimPacked(payee, address(0), inDollars), 0, 'not in ether');
        assertEq(channels.claimPacked(stranger, address(dollar), inDollars), 0, 'not to a stranger');
        assertEq(channels.claimPacked(payee, address(0), abi.encodePacked(inDollars, inEther)), 1 ether, 'its own row');
        assertEq(channels.claimPacked(payee, address(0), ''), 0, 'an empty batch');
        assertEq(payee.balance, 1 ether, 'payee');
    }

    function test_a_packed_row_with_high_s_is_passed_over() public {
        open(key, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY, claimDigest(key, 0, 9e6));
        bytes memory mirrored =
            abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        assertEq(channels.claimPacked(payee, address(dollar), packedRow(key, 9e6, mirrored)), 0, 'paid');
    }

    function test_a_row_that_recovers_nobody_does_not_pass_for_the_row_before() public {
        open(key, 10e6);
        open(keyWithSalt(1), 10e6);
        bytes memory good = packedRow(key, 1e6, signClaim(key, 1e6));
        bytes memory nobodys = packedRow(keyWithSalt(1), 9e6, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
        assertEq(channels.claimPacked(payee, address(dollar), abi.encodePacked(good, nobodys)), 1e6, 'paid');
        IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](2);
        rows[0] = row(key, 2e6, signClaim(key, 2e6));
        rows[1] = row(keyWithSalt(1), 9e6, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
        assertEq(channels.claimBatch(payee, address(dollar), rows), 1e6, 'paid in rows');
    }

    function test_a_signer_whose_key_nobody_has_signs_nothing() public {
        for (uint160 i = 1; i < 4; ++i) {
            IChannels.Key memory odd = keyWithSalt(i);
            odd.signer = address(i);
            open(odd, 10e6);
            vm.expectRevert(IChannels.InvalidSignature.selector);
            channels.claim(odd, 9e6, [bytes32(0), bytes32(0)]);
        }
    }

    function test_a_batch_whose_payee_cannot_be_paid_changes_nothing() public {
        open(key, 10e6);
        bytes memory rows = packedRow(key, 1e6, signClaim(key, 1e6));
        vm.prank(FAUCET);
        dollar.setBlacklisted(payee, true);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
        channels.claimPacked(payee, address(dollar), rows);
        assertEq(state(key).claimed, 0, 'claimed');
    }

    function test_a_packed_batch_of_500_rows_costs_the_same_for_the_last_as_for_the_first() public {
        bytes memory rows;
        for (uint256 i = 0; i < 500; ++i) {
            IChannels.Key memory each = keyWithSalt(i);
            open(each, 1e6);
            rows = abi.encodePacked(rows, packedRow(each, 1e6, signClaim(each, 1e6)));
        }
        bytes memory hundred = new bytes(100 * 157);
        for (uint256 i = 0; i < hundred.length; ++i) hundred[i] = rows[i];
        uint256 snapshot = vm.snapshotState();
        uint256 start = gasleft();
        channels.claimPacked(payee, address(dollar), hundred);
        uint256 forHundred = start - gasleft();
        vm.revertToState(snapshot);
        start = gasleft();
        assertEq(channels.claimPacked(payee, address(dollar), rows), 500e6, 'paid');
        assertTrue(start - gasleft() < 6 * forHundred, 'five times as much and not its square');
    }

    function testFuzz_no_bytes_make_a_packed_batch_pay_without_a_signature(bytes calldata noise, uint8 count) public {
        open(key, 10e6);
        bytes memory rows = new bytes(uint256(count % 8) * 157);
        for (uint256 i = 0; i < rows.length && noise.length != 0; ++i) rows[i] = noise[i % noise.length];
        assertEq(channels.claimPacked(payee, address(dollar), rows), 0, 'paid');
    }

    // Contract wallets (ERC-1271)

    function test_a_contract_wallet_may_sign_claims_and_closes() public {
        IChannels.Key memory smart = key;
        smart.signer = address(new Wallet(signer));
        smart.payee = address(new Wallet(payee));
        open(smart, 10e6);
        bytes memory signature = abi.encodePacked(uint8(0), signClaim(smart, 4e6));
        assertEq(claimRow(smart, 4e6, signature), 4e6, 'paid');
        bytes memory closeSignature = abi.encodePacked(uint8(0), signClose(PAYEE_KEY, smart, 4e6, type(uint40).max));
        channels.closeWithSignature(smart, 4e6, 0, '', type(uint40).max, closeSignature);
        assertEq(dollar.balanceOf(smart.payee), 4e6, 'payee');
    }

    function test_a_contract_wallet_must_answer_exactly() public {
        Wallet wallet = new Wallet(signer);
        IChannels.Key memory smart = key;
        smart.signer = address(wallet);
        open(smart, 10e6);
        wallet.behave(Wallet.Manner.NoisyYes);
        assertEq(claimRow(smart, 4e6, ''), 0, 'paid');
        wallet.behave(Wallet.Manner.Short);
        assertEq(claimRow(smart, 4e6, ''), 0, 'paid');
    }

    function test_a_wallet_that_burns_gas_does_not_starve_the_batch() public {
        Wallet wallet = new Wallet(signer);
        IChannels.Key memory smart = key;
        smart.signer = address(wallet);
        open(smart, 10e6);
        open(key, 10e6);
        wallet.behave(Wallet.Manner.BurnGas);
        IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](2);
        rows[0] = row(smart, 4e6, '');
        rows[1] = row(key, 3e6, signClaim(key, 3e6));
        assertEq(channels.claimBatch{gas: 1_000_000}(payee, address(dollar), rows), 3e6, 'the good row');
    }

    // Time

    function test_withdraw_before_its_time_is_refused_to_everybody() public {
        open(key, 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE - 1);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.TooEarly.selector, START + GRACE));
        channels.withdraw(key);
    }

    function test_a_claim_is_good_before_at_and_after_the_moment_of_closing() public {
        open(key, 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE - 1);
        claim(key, 1e6, signClaim(key, 1e6));
        vm.warp(START + GRACE);
        claim(key, 2e6, signClaim(key, 2e6));
        vm.warp(START + GRACE + 1);
        claim(key, 3e6, signClaim(key, 3e6));
        bytes memory late = signClaim(key, 4e6);
        channels.withdraw(key);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotOpen.selector, channels.channelId(key)));
        claim(key, 4e6, late);
        assertEq(dollar.balanceOf(payee), 3e6, 'payee');
        assertEq(dollar.balanceOf(payer), 1_000_000e6 - 3e6, 'payer');
    }

    function test_claim_and_withdraw_in_one_block_the_first_one_wins_and_nothing_is_paid_twice() public {
        open(key, 10e6);
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        bytes memory signature = signClaim(key, 10e6);
        uint256 snapshot = vm.snapshotState();
        claim(key, 10e6, signature);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(payee), 10e6, 'claim first');
        assertEq(dollar.balanceOf(address(channels)), 0, 'all out');
        vm.revertToState(snapshot);
        channels.withdraw(key);
        vm.expectRevert();
        claim(key, 10e6, signature);
        assertEq(dollar.balanceOf(payee), 0, 'withdraw first');
        assertEq(dollar.balanceOf(payer), 1_000_000e6, 'the payer has all');
    }

    function test_nothing_works_on_a_channel_that_ended() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 4e6);
        vm.prank(payee);
        channels.close(key, 4e6, 4e6, signature);
        bytes memory notOpen = abi.encodeWithSelector(IChannels.ChannelNotOpen.selector, channels.channelId(key));
        vm.expectRevert(notOpen);
        claim(key, 4e6, signature);
        vm.expectRevert(notOpen);
        channels.withdraw(key);
        vm.prank(payee);
        vm.expectRevert(notOpen);
        channels.close(key, 4e6, 4e6, signature);
        vm.prank(payer);
        vm.expectRevert(notOpen);
        channels.requestClose(key);
    }

    // Blocked and spiteful recipients

    function test_a_blocked_payee_does_not_keep_the_payer_from_getting_out() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 4e6);
        vm.prank(FAUCET);
        dollar.setBlacklisted(payee, true);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
        claim(key, 4e6, signature);
        vm.prank(payer);
        channels.requestClose(key);
        vm.warp(START + GRACE);
        channels.withdraw(key);
        assertEq(dollar.balanceOf(payer), 1_000_000e6, 'payer');
    }

    function test_a_blocked_payer_does_not_keep_the_payee_from_being_paid() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 4e6);
        vm.prank(FAUCET);
        dollar.setBlacklisted(payer, true);
        vm.prank(payee);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payer));
        channels.close(key, 4e6, 4e6, signature);
        claim(key, 4e6, signature);
        assertEq(dollar.balanceOf(payee), 4e6, 'payee');
    }

    function test_a_paused_token_only_delays() public {
        open(key, 10e6);
        bytes memory signature = signClaim(key, 4e6);
        vm.prank(FAUCET);
        dollar.pause();
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
        claim(key, 4e6, signature);
        assertEq(state(key).claimed, 0, 'nothing was recorded');
        vm.prank(FAUCET);
        dollar.unpause();
        claim(key, 4e6, signature);
    }

    function test_a_payee_that_refuses_ether_harms_only_himself() public {
        Recipient recipient = new Recipient();
        IChannels.Key memory spiteful = etherKey;
        spiteful.payee = address(recipient);
        open(spiteful, 1 ether);
        bytes memory signature = signClaim(spiteful, 1 ether);
        recipient.behave(Recipient.Manner.Revert);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, address(recipient)));
        claim(spiteful, 1 ether, signature);
        recipient.behave(Recipient.Manner.BurnGas);
        bytes32[2] memory words = compact(signature);
        vm.expectRevert();
        channels.claim{gas: 500_000}(spiteful, 1 ether, words);
        vm.prank(payer);
        channels.requestClose(spiteful);
        vm.warp(START + GRACE);
        channels.withdraw(spiteful);
        assertEq(payer.balance, 100 ether, 'payer');
    }

    function test_a_payee_that_calls_back_is_paid_for_a_claim_once() public {
        Recipient recipient = new Recipient();
        IChannels.Key memory spiteful = etherKey;
        spiteful.payee = address(recipient);
        open(spiteful, 3 ether);
        open(etherKey, 3 ether);
        bytes memory signature = signClaim(spiteful, 1 ether);
        recipient.reenter(
            address(channels), abi.encodeCall(IChannels.claim, (spiteful, 1 ether, compact(signature)))
        );
        claim(spiteful, 1 ether, signature);
        assertTrue(!recipient.succeeded(), 'the call back failed');
        assertEq(address(recipient).balance, 1 ether, 'paid once');
        assertEq(address(channels).balance, 5 ether, 'the rest is here');
    }

    function test_a_payee_that_calls_back_with_a_better_claim_gets_what_that_is_worth() public {
        Recipient recipient = new Recipient();
        IChannels.Key memory spiteful = etherKey;
        spiteful.payee = address(recipient);
        open(spiteful, 3 ether);
        open(etherKey, 3 ether);
        bytes memory signature = signClaim(spiteful, 1 ether);
        bytes32[2] memory better = compact(signClaim(spiteful, 2 ether));
        recipient.reenter(address(channels), abi.encodeCall(IChannels.claim, (spiteful, 2 ether, better)));
        claim(spiteful, 1 ether, signature);
        assertEq(address(recipient).balance, 2 ether, 'the better claim');
        assertEq(state(spiteful).claimed, 2 ether, 'claimed');
        assertEq(address(channels).balance, 4 ether, 'the rest is here');
    }

    function test_a_payee_that_closes_from_within_a_claim_is_paid_once() public {
        Recipient recipient = new Recipient();
        IChannels.Key memory spiteful = etherKey;
        spiteful.payee = address(recipient);
        open(spiteful, 3 ether);
        open(etherKey, 3 ether);
        bytes memory signature = signClaim(spiteful, 1 ether);
        recipient.reenter(address(channels), abi.encodeCall(IChannels.close, (spiteful, 1 ether, 1 ether, signature)));
        claim(spiteful, 1 ether, signature);
        assertEq(address(recipient).balance, 1 ether, 'payee');
        assertEq(payer.balance, 96 ether, 'the payer got his two back');
        assertEq(address(channels).balance, 3 ether, 'the other channel is whole');
    }

    function test_a_payer_that_calls_back_withdraws_once() public {
        Recipient recipient = new Recipient();
        vm.deal(address(recipient), 1 ether);
        IChannels.Key memory spiteful = etherKey;
        spiteful.payer = address(recipient);
        recipient.open(channels, spiteful, 1 ether);
        open(etherKey, 3 ether);
        recipient.requestClose(channels, spiteful);
        vm.warp(START + GRACE);
        recipient.reenter(address(channels), abi.encodeCall(IChannels.withdraw, (spiteful)));
        channels.withdraw(spiteful);
        assertTrue(!recipient.succeeded(), 'the call back failed');
        assertEq(address(recipient).balance, 1 ether, 'paid once');
    }

    function test_a_payer_that_refuses_ether_does_not_keep_the_payee_from_being_paid() public {
        Recipient recipient = new Recipient();
        vm.deal(address(recipient), 1 ether);
        IChannels.Key memory spiteful = etherKey;
        spiteful.payer = address(recipient);
        recipient.open(channels, spiteful, 1 ether);
        recipient.behave(Recipient.Manner.Revert);
        claim(spiteful, 0.4 ether, signClaim(spiteful, 0.4 ether));
        assertEq(payee.balance, 0.4 ether, 'payee');
    }

    function test_a_payer_that_spoils_a_close_does_not_keep_the_payee_from_being_paid() public {
        Recipient recipient = new Recipient();
        vm.deal(address(recipient), 1 ether);
        IChannels.Key memory spiteful = etherKey;
        spiteful.payer = address(recipient);
        recipient.open(channels, spiteful, 1 ether);
        open(etherKey, 3 ether);
        bytes memory signature = signClaim(spiteful, 0.4 ether);
        recipient.behave(Recipient.Manner.Revert);
        vm.prank(payee);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, address(recipient)));
        channels.close(spiteful, 0.4 ether, 0.4 ether, signature);
        recipient.behave(Recipient.Manner.BurnGas);
        vm.prank(payee);
        vm.expectRevert();
        channels.close{gas: 500_000}(spiteful, 0.4 ether, 0.4 ether, signature);
        assertEq(state(spiteful).claimed, 0, 'nothing was recorded');
        claim(spiteful, 0.4 ether, signature);
        assertEq(payee.balance, 0.4 ether, 'payee');
        assertEq(address(channels).balance, 3.6 ether, 'the rest is here');
    }

    function test_a_payer_that_calls_back_from_within_a_close_gets_the_rest_once() public {
        Recipient recipient = new Recipient();
        vm.deal(address(recipient), 1 ether);
        IChannels.Key memory spiteful = etherKey;
        spiteful.payer = address(recipient);
        recipient.open(channels, spiteful, 1 ether);
        open(etherKey, 3 ether);
        bytes memory signature = signClaim(spiteful, 0.4 ether);
        recipient.reenter(address(channels), abi.encodeCall(IChannels.withdraw, (spiteful)));
        vm.prank(payee);
        channels.close(spiteful, 0.4 ether, 0.4 ether, signature);
        assertTrue(!recipient.succeeded(), 'the call back failed');
        assertEq(address(recipient).balance, 0.6 ether, 'payer');
        assertEq(payee.balance, 0.4 ether, 'payee');
        assertEq(address(channels).balance, 3 ether, 'the other channel is whole');
    }

    // Tokens

    function test_a_token_that_returns_nothing_is_fine() public {
        IChannels.Key memory silent = fund(new SilentToken());
        open(silent, 10e6);
        claim(silent, 4e6, signClaim(silent, 4e6));
        vm.prank(payee);
        channels.close(silent, 4e6, 0, '');
        assertEq(PlainToken(silent.token).balanceOf(payee), 4e6, 'payee');
        assertEq(PlainToken(silent.token).balanceOf(payer), 96e6, 'payer');
    }

    function test_a_token_that_says_false_is_refused_both_ways() public {
        FalseToken token = new FalseToken();
        IChannels.Key memory refusing = fund(token);
        token.refuse(true);
        vm.expectRevert(depositFailed(abi.encode(false)));
        open(refusing, 10e6);
        token.refuse(false);
        open(refusing, 10e6);
        token.refuse(true);
        bytes memory signature = signClaim(refusing, 4e6);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
        claim(refusing, 4e6, signature);
        assertEq(state(refusing).claimed, 0, 'claimed');
    }

    function test_a_token_that_reverts_gives_its_reason_on_the_way_in_and_stops_nothing_but_itself() public {
        RevertingToken token = new RevertingToken();
        IChannels.Key memory refusing = fund(token);
        token.refuse(true);
        vm.expectRevert(depositFailed(abi.encodeWithSelector(RevertingToken.NotToday.selector)));
        open(refusing, 10e6);
        token.refuse(false);
        open(refusing, 10e6);
        open(key, 10e6);
        bytes memory signature = signClaim(refusing, 4e6);
        token.refuse(true);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
        claim(refusing, 4e6, signature);
        claim(key, 4e6, signClaim(key, 4e6));
        token.refuse(false);
        claim(refusing, 4e6, signature);
        assertEq(token.balanceOf(payee), 4e6, 'payee');
    }

    function test_a_token_that_shrinks_strands_only_itself() public {
        RebasingToken token = new RebasingToken();
        IChannels.Key memory shrinking = fund(token);
        open(shrinking, 10e6);
        open(key, 10e6);
        open(etherKey, 1 ether);
        token.rebase(address(channels), 3e6);
        bytes memory signature = signClaim(shrinking, 4e6);
        vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
        claim(shrinking, 4e6, signature);
        claim(shrinking, 3e6, signClaim(shrinking, 3e6));
        assertEq(token.balanceOf(payee), 3e6, 'what is there is paid');
        vm.startPrank(payee);
        channels.close(key, 0, 0, '');
        channels.close(etherKey, 0, 0, '');
        vm.stopPrank();
        assertEq(dollar.balanceOf(payer), 1_000_000e6, 'dollars are untouched');
        assertEq(payer.balance, 100 ether, 'ether is untouched');
    }

    function test_a_token_that_grows_leaves_the_growth_behind() public {
        RebasingToken token = new RebasingToken();
        IChannels.Key memory growing = fund(token);
        open(growing, 10e6);
        token.rebase(address(channels), 15e6);
        bytes memory signature = signClaim(growing, 4e6);
        vm.prank(payee);
        channels.close(growing, 4e6, 4e6, signature);
        assertEq(token.balanceOf(payee), 4e6, 'payee');
        assertEq(token.balanceOf(payer), 96e6, 'payer');
        assertEq(token.balanceOf(address(channels)), 5e6, 'nobody gets the growth');
    }

    function test_one_deposit_is_not_measured_for_two_channels() public {
        FreeRidingToken token = new FreeRidingToken();
        IChannels.Key memory riding = fund(token);
        IChannels.Key memory carrying = fund(token);
        carrying.payer = address(token);
        token.prepare(address(channels), 10e6);
        token.ride(address(channels), abi.encodeCall(IChannels.open, (carrying, 10e6)));
        vm.expectRevert(depositFailed(abi.encodeWithSelector(IChannels.Reentered.selector)));
        open(riding, 10e6);
        token.ride(address(0), '');
        open(carrying, 10e6);
        assertEq(state(carrying).deposited, 10e6, 'by itself it is a deposit like any other');
    }

    function test_no_way_of_paying_in_works_while_another_deposit_is_measured() public {
        FreeRidingToken token = new FreeRidingToken();
        IChannels.Key memory riding = fund(token);
        IChannels.Key memory carrying = fund(token);
        IChannels.Key memory fresh = fund(token);
        carrying.payer = address(token);
        fresh.payer = address(token);
        fresh.salt = bytes32(uint256(1));
        token.prepare(address(channels), 10e6);
        open(carrying, 1e6);
        IChannels.Permit memory noPermit;
        IChannels.Authorization memory noAuthorization;
        bytes[6] memory ways = [
            abi.encodeCall(IChannels.open, (fresh, 1e6)),
            abi.encodeCall(IChannels.openWithPermit, (fresh, 1e6, noPermit)),
            abi.encodeCall(IChannels.openWithAuthorization, (fresh, 1e6, noAuthorization)),
            abi.encodeCall(IChannels.topUp, (carrying, 1e6)),
            abi.encodeCall(IChannels.topUpWithPermit, (carrying, 1e6, noPermit)),
            abi.encodeCall(IChannels.topUpWithAuthorization, (carrying, 1e6, 1, noAuthorization))
        ];
        for (uint256 i = 0; i < ways.length; ++i) {
            token.ride(address(channels), ways[i]);
            vm.expectRevert(depositFailed(abi.encodeWithSelector(IChannels.Reentered.selector)));
            open(riding, 1e6);
        }
    }

    function test_a_token_with_a_fee_is_refused_at_the_door() public {
        FeeToken token = new FeeToken();
        IChannels.Key memory costly = fund(token);
        // What is there already is nobody's deposit.
        token.mint(address(channels), 3e6);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongAmountReceived.selector, 10e6 - 1, 10e6));
        open(costly, 10e6);
    }

    function test_a_token_that_moves_nothing_is_refused_at_the_door() public {
        IChannels.Key memory lying = fund(new LyingToken());
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongAmountReceived.selector, 0, 10e6));
        open(lying, 10e6);
    }

    function test_a_token_that_reverts_has_not_moved_whatever_it_says() public {
        MuteToken token = new MuteToken();
        IChannels.Key memory mute = fund(token);
        for (uint256 how = 1; how <= 2; ++how) {
            token.refuse(how);
            vm.expectRevert(depositFailed(how == 1 ? bytes('') : abi.encode(true)));
            open(mute, 10e6);
        }
        token.refuse(0);
        open(mute, 10e6);
        bytes memory signature = signClaim(mute, 4e6);
        for (uint256 how = 1; how <= 2; ++how) {
            token.refuse(how);
            vm.expectRevert(abi.encodeWithSelector(IChannels.PayoutFailed.selector, payee));
            claim(mute, 4e6, signature);
        }
        assertEq(state(mute).claimed, 0, 'claimed');
    }

    function test_a_token_that_does_not_say_what_is_held_is_refused_with_its_reason() public {
        SecretiveToken token = new SecretiveToken();
        IChannels.Key memory secretive = key;
        secretive.token = address(token);
        vm.expectRevert(depositFailed(abi.encodeWithSelector(SecretiveToken.NotTelling.selector)));
        open(secretive, 10e6);
        token.mumble(true);
        vm.expectRevert(depositFailed(new bytes(31)));
        open(secretive, 10e6);
    }

    function test_a_token_may_answer_an_authorization_and_is_taken_at_its_word() public {
        TalkativeToken token = new TalkativeToken();
        IChannels.Key memory talkative = fund(token);
        token.refuse(true);
        vm.expectRevert(depositFailed(abi.encode(false)));
        channels.openWithAuthorization(talkative, 10e6, IChannels.Authorization(0, 0, ''));
        token.refuse(false);
        channels.openWithAuthorization(talkative, 10e6, IChannels.Authorization(0, 0, ''));
        assertEq(state(talkative).deposited, 10e6, 'deposited');
    }

    function test_an_address_without_code_is_no_token() public {
        IChannels.Key memory nothing = key;
        nothing.token = address(0xDEAD);
        vm.expectRevert(depositFailed(''));
        open(nothing, 10e6);
        vm.expectRevert(depositFailed(''));
        channels.openWithAuthorization(nothing, 10e6, IChannels.Authorization(0, 0, ''));
        vm.expectRevert(depositFailed(''));
        channels.openWithAuthorization(etherKey, 10e6, IChannels.Authorization(0, 0, ''));
    }

    function test_a_token_that_calls_back_with_a_claim_gets_no_other_channels_money() public {
        ReentrantToken token = new ReentrantToken();
        IChannels.Key memory victims = fund(token);
        IChannels.Key memory thiefs = fund(token);
        thiefs.salt = bytes32(uint256(1));
        open(victims, 10e6);
        bytes memory signature = signDigest(SIGNER_KEY, claimDigest(thiefs, 0, 10e6));
        token.reenter(
            address(channels), abi.encodeCall(IChannels.claim, (thiefs, 10e6, compact(signature)))
        );
        vm.expectRevert();
        open(thiefs, 10e6);
        claim(victims, 10e6, signClaim(victims, 10e6));
        assertEq(token.balanceOf(payee), 10e6, 'the victim channel pays its payee in full');
    }

    function test_a_token_that_calls_back_deposits_once() public {
        ReentrantToken token = new ReentrantToken();
        IChannels.Key memory reentrant = fund(token);
        IChannels.Key memory second = reentrant;
        second.payer = address(token);
        second.salt = bytes32(uint256(1));
        token.reenter(address(channels), abi.encodeCall(IChannels.open, (second, 10e6)));
        reentrant.payer = payer;
        reentrant.salt = bytes32(0);
        open(reentrant, 10e6);
        assertTrue(!token.succeeded(), 'the call back failed');
        assertEq(state(reentrant).deposited, 10e6, 'deposited');
    }

    function test_donations_belong_to_nobody_and_harm_nobody() public {
        open(key, 10e6);
        open(etherKey, 1 ether);
        vm.prank(payer);
        dollar.transfer(address(channels), 7e6);
        vm.deal(address(channels), 1 ether + 5);
        bytes memory signature = signClaim(key, 10e6);
        vm.startPrank(payee);
        channels.close(key, 10e6, 10e6, signature);
        channels.close(etherKey, 0, 0, '');
        vm.stopPrank();
        assertEq(dollar.balanceOf(address(channels)), 7e6, 'the donated dollars remain');
        assertEq(address(channels).balance, 5, 'the donated ether remains');
    }

    function test_ether_cannot_be_sent_by_mistake() public {
        vm.prank(payer);
        (bool accepted,) = address(channels).call{value: 1}('');
        assertTrue(!accepted, 'refused');
    }

    function test_a_call_changes_one_word_and_no_other_channel() public {
        IChannels.Key memory other = key;
        other.salt = bytes32(uint256(1));
        open(key, 10e6);
        open(other, 10e6);
        bytes memory signature = signClaim(key, 4e6);
        vm.record();
        claim(key, 4e6, signature);
        (, bytes32[] memory writes) = vm.accesses(address(channels));
        assertEq(writes.length, 1, 'words written');
        assertEq(state(other).claimed, 0, 'the other channel');
        assertEq(state(other).deposited, 10e6, 'the other deposit');
    }

    function keyWithSalt(uint256 salt) private view returns (IChannels.Key memory salted) {
        salted = key;
        salted.salt = bytes32(salt);
    }

    function expectSkipped(IChannels.Key memory key_, bytes4 reason) private {
        ChannelId id = channels.channelId(key_);
        vm.expectEmit(true, true, true, true);
        emit IChannels.ClaimSkipped(id, reason);
    }

    function fund(PlainToken token) private returns (IChannels.Key memory funded) {
        token.mint(payer, 100e6);
        vm.prank(payer);
        token.approve(address(channels), type(uint256).max);
        funded = key;
        funded.token = address(token);
    }

    function depositFailed(bytes memory reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IChannels.DepositFailed.selector, reason);
    }
}
