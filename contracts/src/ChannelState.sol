// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from './interfaces/IChannels.sol';

/// One storage word: `deposited` in bits 0–95, `claimed` in 96–191, `closeAt` in 192–231, `epoch` in 232–255.
type ChannelState is uint256;

using ChannelAccounting for ChannelState global;

/// @title The arithmetic of a channel's life
/// @notice Pure: no calls, no clock, no signatures, so that it can be read, fuzzed and proved by itself. A word
/// goes in, a word comes out; who may ask and who is paid is decided in `Channels`.
library ChannelAccounting {
    uint256 private constant AMOUNT_MASK = type(uint96).max;
    uint256 private constant CLAIMED_SHIFT = 96;
    uint256 private constant CLOSE_AT_SHIFT = 192;
    uint256 private constant EPOCH_SHIFT = 232;

    function pack(uint96 deposited_, uint96 claimed_, uint40 closeAt_, uint24 epoch_)
        internal
        pure
        returns (ChannelState)
    {
        return ChannelState.wrap(
            uint256(deposited_) | (uint256(claimed_) << CLAIMED_SHIFT) | (uint256(closeAt_) << CLOSE_AT_SHIFT)
                | (uint256(epoch_) << EPOCH_SHIFT)
        );
    }

    function deposited(ChannelState state) internal pure returns (uint96) {
        return uint96(ChannelState.unwrap(state) & AMOUNT_MASK);
    }

    function claimed(ChannelState state) internal pure returns (uint96) {
        return uint96((ChannelState.unwrap(state) >> CLAIMED_SHIFT) & AMOUNT_MASK);
    }

    function closeAt(ChannelState state) internal pure returns (uint40) {
        return uint40(ChannelState.unwrap(state) >> CLOSE_AT_SHIFT);
    }

    function epoch(ChannelState state) internal pure returns (uint24) {
        return uint24(ChannelState.unwrap(state) >> EPOCH_SHIFT);
    }

    /// A channel is open from its first deposit to the end of the epoch: a deposit is never zero.
    function isOpen(ChannelState state) internal pure returns (bool) {
        return deposited(state) != 0;
    }

    /// The last epoch is never opened, for its end could not be counted.
    function isExhausted(ChannelState state) internal pure returns (bool) {
        return epoch(state) == type(uint24).max;
    }

    /// A new life with `amount` deposited. Needs: not open, not exhausted.
    function opened(ChannelState state, uint96 amount) internal pure returns (ChannelState) {
        return pack(amount, 0, 0, epoch(state));
    }

    /// `amount` more, and no close requested. Needs: open.
    function toppedUp(ChannelState state, uint96 amount) internal pure returns (ChannelState) {
        uint256 total = uint256(deposited(state)) + amount;
        if (total > AMOUNT_MASK) revert IChannels.DepositTooLarge();
        return pack(uint96(total), claimed(state), 0, epoch(state));
    }

    /// What a claim of `cumulative` adds to what was claimed; 0 = nothing. It is capped at the deposit rather
    /// than refused, so that whoever keeps only the newest claim loses nothing when a top-up is reorganised away.
    function due(ChannelState state, uint96 cumulative) internal pure returns (uint96) {
        uint96 limit = deposited(state);
        uint96 reached = cumulative < limit ? cumulative : limit;
        uint96 before = claimed(state);
        return reached > before ? reached - before : 0;
    }

    /// `amount` more is claimed. Needs: amount ≤ deposited − claimed, as `due` gives it.
    function paidOut(ChannelState state, uint96 amount) internal pure returns (ChannelState) {
        return pack(deposited(state), claimed(state) + amount, closeAt(state), epoch(state));
    }

    /// The payer may withdraw from `moment` on. Needs: open, no close requested.
    function closing(ChannelState state, uint40 moment) internal pure returns (ChannelState) {
        return pack(deposited(state), claimed(state), moment, epoch(state));
    }

    /// This life is over; only the count of lives remains. Needs: open.
    function ended(ChannelState state) internal pure returns (ChannelState) {
        return pack(0, 0, 0, epoch(state) + 1);
    }
}
