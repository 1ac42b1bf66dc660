// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelId} from './interfaces/IChannels.sol';

/// One storage word: `deposited` in bits 0–95, `claimed` in 96–191, `closeAt` in 192–231, `epoch` in 232–255.
type ChannelState is uint256;

using ChannelStates for ChannelState global;

/// @title How a channel's state is written down
/// @notice A word goes in, a word comes out; the word of a channel lives at the slot that is its id. An id is a hash,
/// and the contract stores nothing else, so no two words can meet.
library ChannelStates {
    uint256 private constant CLAIMED_SHIFT = 96;
    uint256 private constant CLOSE_AT_SHIFT = 192;
    uint256 private constant EPOCH_SHIFT = 232;
    uint256 private constant CLOSE_AT_MASK = uint256(type(uint40).max) << CLOSE_AT_SHIFT;

    function load(ChannelId id) internal view returns (ChannelState state) {
        assembly ('memory-safe') {
            state := sload(id)
        }
    }

    function store(ChannelState state, ChannelId id) internal {
        assembly ('memory-safe') {
            sstore(id, state)
        }
    }

    function deposited(ChannelState state) internal pure returns (uint256) {
        return uint96(ChannelState.unwrap(state));
    }

    function claimed(ChannelState state) internal pure returns (uint256) {
        return uint96(ChannelState.unwrap(state) >> CLAIMED_SHIFT);
    }

    function closeAt(ChannelState state) internal pure returns (uint256) {
        return uint40(ChannelState.unwrap(state) >> CLOSE_AT_SHIFT);
    }

    function epoch(ChannelState state) internal pure returns (uint256) {
        return ChannelState.unwrap(state) >> EPOCH_SHIFT;
    }

    /// A channel is open from its first deposit to the end of the epoch: a deposit is never zero.
    function isOpen(ChannelState state) internal pure returns (bool) {
        return deposited(state) != 0;
    }

    /// A new life with `amount` deposited. Needs: not open, so that all but the epoch is zero.
    function opened(ChannelState state, uint256 amount) internal pure returns (ChannelState) {
        return ChannelState.wrap(ChannelState.unwrap(state) | amount);
    }

    /// `amount` more is deposited, and no close requested. Needs: deposited + amount < 2^96.
    function toppedUp(ChannelState state, uint256 amount) internal pure returns (ChannelState) {
        unchecked {
            return ChannelState.wrap((ChannelState.unwrap(state) & ~CLOSE_AT_MASK) + amount);
        }
    }

    /// `amount` more is claimed. Needs: amount ≤ deposited − claimed, so that nothing is carried out of the field.
    function paidOut(ChannelState state, uint256 amount) internal pure returns (ChannelState) {
        unchecked {
            return ChannelState.wrap(ChannelState.unwrap(state) + (amount << CLAIMED_SHIFT));
        }
    }

    /// The payer may withdraw from `moment` on. Needs: no close requested, so that the field is zero.
    function closing(ChannelState state, uint256 moment) internal pure returns (ChannelState) {
        return ChannelState.wrap(ChannelState.unwrap(state) | (moment << CLOSE_AT_SHIFT));
    }

    /// This life is over; only the count of lives remains. The last epoch is never open, so the count does not wrap.
    function ended(ChannelState state) internal pure returns (ChannelState) {
        unchecked {
            return ChannelState.wrap((epoch(state) + 1) << EPOCH_SHIFT);
        }
    }
}
