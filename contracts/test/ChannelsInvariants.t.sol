// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Channels} from '../src/Channels.sol';
import {IChannels} from '../src/interfaces/IChannels.sol';
import {TestDollar} from '../src/TestDollar.sol';
import {ChannelsTest} from './support/ChannelsTest.sol';
import {Test} from './support/Test.sol';

/// Drives a few channels through arbitrary histories and keeps its own books beside the contract's.
contract ChannelsActor is ChannelsTest {
    uint256 public constant CHANNELS = 4;

    /// What the payer has put in and got back, and the payee got, over all epochs.
    uint256 public deposits;
    uint256 public payouts;
    uint256 public refunds;
    /// The best claim signed in the present epoch of each channel.
    mapping(uint256 channel => uint96) public best;
    /// Largest seen, to notice anything that falls.
    mapping(uint256 channel => uint24) public epochs;
    bool public broken;

    function keyOf(uint256 channel) public view returns (IChannels.Key memory chosen) {
        chosen = channel % 2 == 0 ? key : etherKey;
        chosen.salt = bytes32(channel);
    }

    function contracts() external view returns (Channels, TestDollar) {
        return (channels, dollar);
    }

    function actOpen(uint256 channel, uint96 amount) external {
        channel %= CHANNELS;
        amount = uint96(bound(amount, 1, 1e9));
        IChannels.Key memory chosen = keyOf(channel);
        bool wasOpen = state(chosen).deposited != 0;
        vm.prank(payer);
        try channels.open{value: chosen.token == address(0) ? amount : 0}(chosen, amount) {
            if (wasOpen) broken = true;
            deposits += amount;
            best[channel] = 0;
        } catch {
            if (!wasOpen) broken = true;
        }
    }

    function actTopUp(uint256 channel, uint96 amount) external {
        IChannels.Key memory chosen = keyOf(channel % CHANNELS);
        amount = uint96(bound(amount, 1, 1e9));
        vm.prank(payer);
        try channels.topUp{value: chosen.token == address(0) ? amount : 0}(chosen, amount) {
            deposits += amount;
            if (state(chosen).closeAt != 0) broken = true;
        } catch {}
    }

    function actClaim(uint256 channel, uint96 cumulative, bool forged) external {
        channel %= CHANNELS;
        IChannels.Key memory chosen = keyOf(channel);
        cumulative = uint96(bound(cumulative, 0, 2e9));
        IChannels.State memory before = state(chosen);
        uint256 capped = cumulative < before.deposited ? cumulative : before.deposited;
        bool good = !forged && capped > before.claimed;
        bytes memory signature = signClaim(forged ? STRANGER_KEY : SIGNER_KEY, chosen, cumulative);
        bytes32[2] memory words = compact(signature);
        try channels.claim(chosen, cumulative, words) returns (uint256 paid) {
            if (!good || paid != capped - before.claimed) broken = true;
            payouts += paid;
            best[channel] = uint96(capped);
        } catch {
            if (good) broken = true;
        }
        check(channel, before);
    }

    function actClose(uint256 channel, uint96 capture, uint96 cumulative) external {
        channel %= CHANNELS;
        IChannels.Key memory chosen = keyOf(channel);
        IChannels.State memory before = state(chosen);
        capture = uint96(bound(capture, 0, uint256(before.deposited) + 1));
        cumulative = uint96(bound(cumulative, 0, 2e9));
        bytes memory signature = signClaim(chosen, cumulative);
        vm.prank(payee);
        try channels.close(chosen, capture, cumulative, signature) {
            if (capture < before.claimed || capture > before.deposited) broken = true;
            if (capture > before.claimed && capture > cumulative) broken = true;
            payouts += capture - before.claimed;
            refunds += before.deposited - capture;
            if (state(chosen).epoch != before.epoch + 1) broken = true;
        } catch {}
    }

    function actRequestClose(uint256 channel) external {
        IChannels.Key memory chosen = keyOf(channel % CHANNELS);
        vm.prank(signer);
        try channels.requestClose(chosen) {} catch {}
    }

    function actWithdraw(uint256 channel) external {
        channel %= CHANNELS;
        IChannels.Key memory chosen = keyOf(channel);
        IChannels.State memory before = state(chosen);
        bool due = before.deposited != 0 && before.closeAt != 0 && block.timestamp >= before.closeAt;
        vm.prank(stranger);
        try channels.withdraw(chosen) {
            if (!due) broken = true;
            refunds += before.deposited - before.claimed;
            if (state(chosen).epoch != before.epoch + 1) broken = true;
        } catch {
            if (due) broken = true;
        }
    }

    function actWait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 2 days));
    }

    /// One second before, at, or one second after the moment a requested close is due.
    function actWaitForClose(uint256 channel, uint256 offset) external {
        uint40 closeAt = state(keyOf(channel % CHANNELS)).closeAt;
        if (closeAt == 0) return;
        uint256 moment = closeAt - 1 + (offset % 3);
        if (moment > block.timestamp) vm.warp(moment);
    }

    /// Within an epoch nothing falls; the epoch itself never does.
    function check(uint256 channel, IChannels.State memory before) private {
        IChannels.State memory now_ = state(keyOf(channel));
        if (now_.epoch < before.epoch) broken = true;
        if (now_.epoch == before.epoch && now_.claimed < before.claimed) broken = true;
    }
}

contract ChannelsInvariantsTest is Test {
    ChannelsActor private actor;
    Channels private channels;
    TestDollar private dollar;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        actor = new ChannelsActor();
        actor.setUp();
        (channels, dollar) = actor.contracts();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = ChannelsActor.actOpen.selector;
        selectors[1] = ChannelsActor.actTopUp.selector;
        selectors[2] = ChannelsActor.actClaim.selector;
        selectors[3] = ChannelsActor.actClose.selector;
        selectors[4] = ChannelsActor.actRequestClose.selector;
        selectors[5] = ChannelsActor.actWithdraw.selector;
        selectors[6] = ChannelsActor.actWait.selector;
        selectors[7] = ChannelsActor.actWaitForClose.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(actor), selectors);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    /// What is here is exactly what is owed: nothing is lost and nothing is made, over any history.
    function invariant_the_balance_is_what_is_owed() public view {
        uint256 owed;
        uint256 dollars;
        uint256 ethers;
        for (uint256 i = 0; i < actor.CHANNELS(); ++i) {
            IChannels.Key memory key = actor.keyOf(i);
            IChannels.State memory state = channels.getChannel(channels.channelId(key));
            assertTrue(state.claimed <= state.deposited, 'claimed is within the deposit');
            assertTrue(state.deposited != 0 || state.closeAt == 0, 'only an open channel is closing');
            uint256 rest = state.deposited - state.claimed;
            owed += rest;
            if (key.token == address(0)) ethers += rest;
            else dollars += rest;
        }
        assertEq(dollar.balanceOf(address(channels)), dollars, 'dollars');
        assertEq(address(channels).balance, ethers, 'ether');
        assertEq(actor.deposits(), actor.payouts() + actor.refunds() + owed, 'in = out + owed');
    }

    function invariant_every_act_did_what_the_rules_say() public view {
        assertTrue(!actor.broken(), 'a rule was broken');
    }
}
