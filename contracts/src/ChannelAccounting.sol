// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from './interfaces/IChannels.sol';

/// @title The arithmetic of a channel's life
/// @notice Plain numbers in, plain numbers out: no storage, no calls, no signatures, no packing. `Channels` decides
/// who may ask and who is paid; how much, and whether it is time, is decided here alone. `contracts/proof` lets a
/// theorem prover show what follows from these few lines for every history of a channel.
///
/// Checks are written with `require`, because the prover's engine for single functions takes a `revert` for a step like
/// any other. Amounts are in the token's smallest unit and below 2^96, times in Unix seconds and below 2^40.
library ChannelAccounting {
    /// The deposit after `amount` more.
    function deposit(uint256 deposited, uint256 amount) internal pure returns (uint256 total) {
        unchecked {
            total = deposited + amount;
        }
        require(total <= type(uint96).max, IChannels.DepositTooLarge());
    }

    /// What a claim of `cumulative` adds to what was claimed; 0 = nothing. It is capped at the deposit rather than
    /// refused, so that whoever keeps only the newest claim loses nothing when a top-up is reorganised away.
    function due(uint256 deposited, uint256 claimed, uint256 cumulative) internal pure returns (uint256 amount) {
        uint256 reached = cumulative < deposited ? cumulative : deposited;
        unchecked {
            if (reached > claimed) amount = reached - claimed;
        }
    }

    /// How a close at `capture` divides what is left. Reverts unless claimed ≤ capture ≤ deposited.
    function shares(uint256 deposited, uint256 claimed, uint256 capture)
        internal
        pure
        returns (uint256 toPayee, uint256 toPayer)
    {
        require(capture >= claimed, IChannels.CaptureBelowClaimed(uint96(claimed), uint96(capture)));
        require(capture <= deposited, IChannels.CaptureAboveDeposit(uint96(deposited), uint96(capture)));
        unchecked {
            return (capture - claimed, deposited - capture);
        }
    }

    /// What a withdrawal pays. Reverts before the close or the expiry has come; 0 = none is set.
    function withdrawal(uint256 deposited, uint256 claimed, uint256 closeAt, uint256 expiry, uint256 time)
        internal
        pure
        returns (uint256 toPayer)
    {
        uint256 from = closeAt == 0 || (expiry != 0 && expiry < closeAt) ? expiry : closeAt;
        require(from != 0 && time >= from, IChannels.TooEarly(uint40(from)));
        unchecked {
            return deposited - claimed;
        }
    }

    /// When a close that is requested at `time` lets the payer withdraw. It fits into 40 bits for 34,000 years.
    function closing(uint256 closeAt, uint256 grace, uint256 time) internal pure returns (uint256) {
        require(closeAt == 0, IChannels.ChannelClosing(uint40(closeAt)));
        return time + grace;
    }

    /// The last epoch is never opened, for its end could not be counted.
    function isLast(uint256 epoch) internal pure returns (bool) {
        return epoch == type(uint24).max;
    }
}
