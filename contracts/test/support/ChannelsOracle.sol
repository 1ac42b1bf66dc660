// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Channels, packAmounts} from '../../src/Channels.sol';
import {Amounts, ChannelId, IChannels} from '../../src/interfaces/IChannels.sol';
import {PackedRow, PackedRows} from '../../src/PackedRows.sol';

/// The contract itself, made to say what it hashes, for many cases in one call.
contract ChannelsOracle is Channels {
    struct Case {
        IChannels.Key key;
        uint24 epoch;
        uint96 amount;
        uint40 deadline;
        uint256 index;
    }

    struct Said {
        ChannelId id;
        bytes32 nonce;
        bytes32 claim;
        bytes32 close;
        bytes32 requestClose;
        Amounts amounts;
    }

    struct RowSaid {
        ChannelId id;
        address signer;
        uint256 cumulative;
        bytes32 r;
        uint256 vs;
    }

    function say(Case[] calldata cases) external view returns (Said[] memory said) {
        said = new Said[](cases.length);
        for (uint256 i = 0; i < cases.length; ++i) {
            Case calldata each = cases[i];
            ChannelId id = channelId(each.key);
            said[i] = Said(
                id,
                authorizationNonce(id, each.epoch, each.index),
                _claimDigest(_domain(), id, each.epoch, each.amount),
                _closeDigest(id, each.epoch, each.amount, each.deadline),
                _requestCloseDigest(id, each.epoch, each.amount, each.deadline),
                packAmounts(each.epoch, each.amount, each.deadline)
            );
        }
    }

    function sayRows(address payee, address token, bytes calldata rows) external view returns (RowSaid[] memory said) {
        said = new RowSaid[](rows.length / PackedRows.SIZE);
        bytes memory words = PackedRows.template(block.chainid, payee, token);
        PackedRow row = PackedRows.first(rows);
        for (uint256 i = 0; i < said.length; ++i) {
            (bytes32 r, uint256 vs) = row.signature();
            said[i] = RowSaid(row.channelId(words), row.signer(), row.cumulative(), r, vs);
            row = row.next();
        }
    }
}
