// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelId} from './interfaces/IChannels.sol';

/// Where a row begins in the calldata.
type PackedRow is uint256;

using PackedRows for PackedRow global;

/// @title The rows of a packed batch
/// @notice A row is 157 bytes and nothing between two rows:
///
/// | bytes | field |
/// | --- | --- |
/// | 0–19 | payer |
/// | 20–39 | signer |
/// | 40–43 | grace, seconds |
/// | 44–48 | expiry, Unix seconds |
/// | 49–80 | salt |
/// | 81–92 | cumulative, the token's smallest unit |
/// | 93–124 | r of the signature |
/// | 125–156 | s of the signature; v − 27 in the highest bit (EIP-2098) |
///
/// All numbers are big-endian. A fixed row leaves out what the ABI spends on zeros, offsets and lengths: a third of
/// what a row of `claimBatch` costs to send.
library PackedRows {
    uint256 internal constant SIZE = 157;

    function first(bytes calldata rows) internal pure returns (PackedRow row) {
        assembly ('memory-safe') {
            row := rows.offset
        }
    }

    function next(PackedRow row) internal pure returns (PackedRow) {
        unchecked {
            return PackedRow.wrap(PackedRow.unwrap(row) + SIZE);
        }
    }

    function signer(PackedRow row) internal pure returns (address account) {
        assembly ('memory-safe') {
            account := shr(96, calldataload(add(row, 20)))
        }
    }

    function cumulative(PackedRow row) internal pure returns (uint256 amount) {
        assembly ('memory-safe') {
            amount := shr(160, calldataload(add(row, 81)))
        }
    }

    function signature(PackedRow row) internal pure returns (bytes32 r, uint256 vs) {
        assembly ('memory-safe') {
            r := calldataload(add(row, 93))
            vs := calldataload(add(row, 125))
        }
    }

    /// What the ids of one batch have in common, to be completed row by row.
    function template(uint256 chainId, address payee, address token) internal view returns (bytes memory words) {
        words = abi.encode(chainId, address(this), address(0), payee, token, address(0), 0, 0, bytes32(0));
    }

    /// Completes the template with a row and hashes it: `keccak256(abi.encode(chainId, contract, key))`.
    function channelId(PackedRow row, bytes memory words) internal pure returns (ChannelId id) {
        assembly ('memory-safe') {
            let first_ := add(words, 32)
            mstore(add(first_, 64), shr(96, calldataload(row)))
            mstore(add(first_, 160), shr(96, calldataload(add(row, 20))))
            mstore(add(first_, 192), shr(224, calldataload(add(row, 40))))
            mstore(add(first_, 224), shr(216, calldataload(add(row, 44))))
            mstore(add(first_, 256), calldataload(add(row, 49)))
            id := keccak256(first_, 288)
        }
    }
}
