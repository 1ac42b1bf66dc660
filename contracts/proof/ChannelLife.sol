// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelAccounting} from '../src/ChannelAccounting.sol';

/// @title What follows from the arithmetic
/// @notice One channel, driven through every history there can be: any act, any amount, any time, any number of
/// lives, in any order. It decides with the functions that `Channels` decides with, and keeps the books of both sides
/// beside. `npm run contracts:prove` has a theorem prover show that no history whatever breaks an assertion.
///
/// The proof is by induction, written out: a new channel is sound, and every act makes a sound channel a sound one.
/// So the prover has no relation to guess, and nothing that a history can reach is left out, for an act that would end
/// in a state that is not sound would break the assertion at its own end.
///
/// Left out is what is not arithmetic: who may act, signatures, how the word is packed. Tests look after those.
contract ChannelLife {
    uint32 private immutable grace;
    uint40 private immutable expiry;

    uint256 private deposited;
    uint256 private claimed;
    uint256 private closeAt;
    uint256 private epoch;

    /// What the contract holds for this channel.
    uint256 private held;
    /// What went in, and out to either side, in this epoch.
    uint256 private paidIn;
    uint256 private toPayee;
    uint256 private toPayer;
    /// The best claim that was presented in this epoch.
    uint256 private best;

    constructor(uint32 grace_, uint40 expiry_) {
        grace = grace_;
        expiry = expiry_;
        assert(isSound());
    }

    /// One step of the induction.
    modifier step() {
        require(isSound());
        _;
        assert(isSound());
    }

    function open(uint96 amount) external step {
        require(deposited == 0 && amount != 0 && !ChannelAccounting.isLast(epoch));
        deposited = amount;
        held += amount;
        paidIn = amount;
        toPayee = 0;
        toPayer = 0;
        best = 0;
    }

    function topUp(uint96 amount) external step {
        require(deposited != 0);
        uint256 total = ChannelAccounting.deposit(deposited, amount);
        assert(total == deposited + amount);
        assert(total <= type(uint96).max);
        deposited = total;
        closeAt = 0;
        held += amount;
        paidIn += amount;
    }

    function claim(uint96 cumulative) external step {
        require(deposited != 0);
        uint256 before = claimed;
        uint256 paid = ChannelAccounting.due(deposited, claimed, cumulative);
        // A claim that is better than what was paid, and covered, pays all that it is better; any other pays nothing.
        if (cumulative > before && before < deposited) assert(paid != 0);
        if (cumulative <= before) assert(paid == 0);
        claimed += paid;
        assert(claimed >= before);
        held -= paid;
        toPayee += paid;
        if (cumulative > best) best = cumulative;
    }

    /// `cumulative` is the claim that the payee presents; the contract lets him capture no more than it.
    function close(uint96 capture, uint96 cumulative) external step {
        require(deposited != 0);
        (uint256 payeesShare, uint256 payersShare) = ChannelAccounting.shares(deposited, claimed, capture);
        if (payeesShare != 0) {
            require(capture <= cumulative);
            if (cumulative > best) best = cumulative;
        }
        toPayee += payeesShare;
        toPayer += payersShare;
        held -= payeesShare + payersShare;
        // What he keeps he was promised.
        assert(toPayee <= best);
        assert(toPayee == capture);
        // Everything that went in went out, once.
        assert(held == 0);
        assert(paidIn == toPayee + toPayer);
        deposited = 0;
        claimed = 0;
        closeAt = 0;
        epoch += 1;
    }

    function requestClose(uint40 time) external step {
        require(deposited != 0 && time != 0 && time < 2 ** 39);
        uint256 moment = ChannelAccounting.closing(closeAt, grace, time);
        assert(closeAt == 0);
        assert(moment >= time + grace);
        assert(moment <= type(uint40).max);
        // Zero would mean that none is set.
        assert(moment != 0);
        closeAt = moment;
    }

    function withdraw(uint40 time) external step {
        require(deposited != 0);
        uint256 refund = ChannelAccounting.withdrawal(deposited, claimed, closeAt, expiry, time);
        // Not before its time.
        assert((closeAt != 0 && time >= closeAt) || (expiry != 0 && time >= expiry));
        // The payee keeps what he was paid.
        assert(toPayee == claimed);
        toPayer += refund;
        held -= refund;
        // Everything that went in went out, once.
        assert(held == 0);
        assert(paidIn == toPayee + toPayer);
        deposited = 0;
        claimed = 0;
        closeAt = 0;
        epoch += 1;
    }

    /// What always holds.
    function isSound() private view returns (bool) {
        if (deposited == 0) return claimed == 0 && closeAt == 0 && held == 0 && epoch <= type(uint24).max;
        return claimed <= deposited && deposited <= type(uint96).max && held == deposited - claimed
            && closeAt <= type(uint40).max
            // The count never wraps: the last epoch is never opened.
            && epoch < type(uint24).max
            // All that went in is here or with the payee, who has the best claim as far as the deposit reaches.
            && paidIn == deposited && toPayer == 0 && toPayee == claimed && claimed <= best;
    }
}
