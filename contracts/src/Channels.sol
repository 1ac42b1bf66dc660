// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Amounts, ChannelId, IChannels} from './interfaces/IChannels.sol';
import {ChannelAccounting} from './ChannelAccounting.sol';
import {ChannelState, ChannelStates} from './ChannelState.sol';
import {PackedRow, PackedRows} from './PackedRows.sol';
import {Signatures} from './Signatures.sol';
import {Transfers} from './Transfers.sol';

/// What an event says, in one word.
function packAmounts(uint256 epoch, uint256 first, uint256 second) pure returns (Amounts) {
    return Amounts.wrap((epoch << 192) | (first << 96) | second);
}

/// @title Channels
/// @notice The rules are told in `IChannels`. The arithmetic is in `ChannelAccounting`; here is decided who may ask
/// for it and who is paid. Every function checks, then writes its one word, then calls out. A channel's word lives at
/// the slot that is its id, and there is no other storage.
contract Channels is IChannels {
    string private constant NAME = 'Tributary Channels';
    string private constant VERSION = '1';

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
    bytes32 private constant CLAIM_TYPEHASH = keccak256('Claim(bytes32 channelId,uint24 epoch,uint96 cumulative)');
    bytes32 private constant CLOSE_TYPEHASH =
        keccak256('Close(bytes32 channelId,uint24 epoch,uint96 capture,uint40 deadline)');
    bytes32 private constant REQUEST_CLOSE_TYPEHASH =
        keccak256('RequestClose(bytes32 channelId,uint24 epoch,uint96 deposited,uint40 deadline)');

    /// The most gas the contract wallet of one row may burn, so that it cannot starve the rest of a batch. A wallet
    /// that checks a P-256 signature in Solidity needs about 350,000.
    uint256 private constant ROW_WALLET_GAS = 500_000;

    uint256 private immutable _deploymentChainId = block.chainid;
    bytes32 private immutable _deploymentDomain = _hashDomain();

    /// 1 while a token is moved in.
    uint256 private transient _measuring;

    /// Deposits are measured by balance, so nothing may happen in between. Payouts need no such lock: whatever a
    /// recipient does when he is called, the books were closed before.
    modifier unmeasured() {
        if (_measuring != 0) revert Reentered();
        _;
    }

    // Funding

    /// @inheritdoc IChannels
    function open(Key calldata key, uint96 amount) external payable unmeasured returns (ChannelId id) {
        if (msg.sender != key.payer) revert NotPayer(msg.sender);
        (id,) = _open(key, amount);
        _receive(key.token, amount);
    }

    /// @inheritdoc IChannels
    function openWithPermit(Key calldata key, uint96 amount, Permit calldata permit)
        external
        unmeasured
        returns (ChannelId id)
    {
        if (msg.sender != key.payer) revert NotPayer(msg.sender);
        (id,) = _open(key, amount);
        Transfers.tryPermit(key.token, msg.sender, permit);
        _receive(key.token, amount);
    }

    /// @inheritdoc IChannels
    function openWithAuthorization(Key calldata key, uint96 amount, Authorization calldata authorization)
        external
        unmeasured
        returns (ChannelId id)
    {
        uint24 epoch;
        (id, epoch) = _open(key, amount);
        _receiveWithAuthorization(key, amount, authorizationNonce(id, epoch, 0), authorization);
    }

    /// @inheritdoc IChannels
    function topUp(Key calldata key, uint96 amount) external payable unmeasured {
        (address payer,, address token,) = _namesOf(key);
        if (msg.sender != payer) revert NotPayer(msg.sender);
        _topUp(key, amount);
        _receive(token, amount);
    }

    /// @inheritdoc IChannels
    function topUpWithPermit(Key calldata key, uint96 amount, Permit calldata permit) external unmeasured {
        if (msg.sender != key.payer) revert NotPayer(msg.sender);
        _topUp(key, amount);
        Transfers.tryPermit(key.token, msg.sender, permit);
        _receive(key.token, amount);
    }

    /// @inheritdoc IChannels
    function topUpWithAuthorization(
        Key calldata key,
        uint96 amount,
        uint256 index,
        Authorization calldata authorization
    ) external unmeasured {
        if (index == 0) revert ZeroIndex();
        (ChannelId id, ChannelState before) = _topUp(key, amount);
        if (before.closeAt() != 0 && msg.sender != key.payer) revert ChannelClosing(uint40(before.closeAt()));
        _receiveWithAuthorization(key, amount, authorizationNonce(id, uint24(before.epoch()), index), authorization);
    }

    // Redeeming

    /// @inheritdoc IChannels
    function claim(Key calldata key, uint96 cumulative, bytes32[2] calldata signature)
        external
        returns (uint256 paid)
    {
        ChannelId id = _id(key);
        ChannelState state = ChannelStates.load(id);
        paid = ChannelAccounting.due(state.deposited(), state.claimed(), cumulative);
        if (paid == 0) {
            if (!state.isOpen()) revert ChannelNotOpen(id);
            revert ClaimNotIncreasing(uint96(state.claimed()), cumulative);
        }
        (, address payee, address token, address signer) = _namesOf(key);
        bytes32 digest = _claimDigest(_domain(), id, state.epoch(), cumulative);
        if (!Signatures.isRecoveredFrom(signer, digest, signature[0], uint256(signature[1]))) {
            revert InvalidSignature();
        }
        _recordClaim(id, state, paid);
        Transfers.pay(token, payee, paid);
    }

    /// @inheritdoc IChannels
    function claimBatch(address payee, address token, ClaimRow[] calldata rows)
        external
        returns (uint256 paid)
    {
        bytes32 domain = _domain();
        for (uint256 i = 0; i < rows.length; ++i) {
            paid += _claimRow(domain, payee, token, rows[i]);
        }
        Transfers.pay(token, payee, paid);
    }

    /// @inheritdoc IChannels
    function claimPacked(address payee, address token, bytes calldata rows)
        external
        returns (uint256 paid)
    {
        if (rows.length % PackedRows.SIZE != 0) revert MalformedRows(rows.length);
        bytes32 domain = _domain();
        bytes memory words = PackedRows.template(_deploymentChainId, payee, token);
        PackedRow row = PackedRows.first(rows);
        // The sum of 2^32 amounts of 96 bits, more rows than calldata ever held, does not wrap.
        unchecked {
            for (uint256 left = rows.length; left != 0; left -= PackedRows.SIZE) {
                paid += _claimPackedRow(domain, words, row);
                row = row.next();
            }
        }
        Transfers.pay(token, payee, paid);
    }

    // Leaving

    /// @inheritdoc IChannels
    function close(Key calldata key, uint96 capture, uint96 cumulative, bytes calldata claimSignature)
        external
    {
        if (msg.sender != key.payee) revert NotPayee(msg.sender);
        ChannelId id = channelId(key);
        _close(key, id, _openState(id), capture, cumulative, claimSignature);
    }

    /// @inheritdoc IChannels
    function closeWithSignature(
        Key calldata key,
        uint96 capture,
        uint96 cumulative,
        bytes calldata claimSignature,
        uint40 deadline,
        bytes calldata closeSignature
    ) external {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        bytes32 digest = _closeDigest(id, state.epoch(), capture, deadline);
        if (!Signatures.isSignedBy(key.payee, digest, closeSignature, gasleft())) revert InvalidSignature();
        _close(key, id, state, capture, cumulative, claimSignature);
    }

    /// @inheritdoc IChannels
    function requestClose(Key calldata key) external {
        if (msg.sender != key.payer && msg.sender != key.signer) revert NotPayerOrSigner(msg.sender);
        ChannelId id = channelId(key);
        _requestClose(key, id, _openState(id));
    }

    /// @inheritdoc IChannels
    function requestCloseWithSignature(Key calldata key, uint40 deadline, bytes calldata signature) external {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        bytes32 digest = _requestCloseDigest(id, state.epoch(), state.deposited(), deadline);
        if (
            !Signatures.isSignedBy(key.payer, digest, signature, gasleft())
                && !Signatures.isSignedBy(key.signer, digest, signature, gasleft())
        ) revert InvalidSignature();
        _requestClose(key, id, state);
    }

    /// @inheritdoc IChannels
    function withdraw(Key calldata key) external {
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        uint256 refunded = ChannelAccounting.withdrawal(
            state.deposited(), state.claimed(), state.closeAt(), key.expiry, block.timestamp
        );
        state.ended().store(id);
        emit Withdrawn(id, packAmounts(state.epoch(), state.claimed(), refunded));
        Transfers.pay(key.token, key.payer, refunded);
    }

    // Looking

    /// @inheritdoc IChannels
    function channelId(Key calldata key) public view returns (ChannelId) {
        return _id(key);
    }

    /// @inheritdoc IChannels
    function getChannel(ChannelId id) public view returns (State memory) {
        ChannelState state = ChannelStates.load(id);
        return State(
            uint96(state.deposited()), uint96(state.claimed()), uint40(state.closeAt()), uint24(state.epoch())
        );
    }

    /// @inheritdoc IChannels
    function states(ChannelId[] calldata ids) external view returns (State[] memory found) {
        found = new State[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            found[i] = getChannel(ids[i]);
        }
    }

    /// @inheritdoc IChannels
    function authorizationNonce(ChannelId id, uint24 epoch, uint256 index) public pure returns (bytes32) {
        return keccak256(abi.encode(id, epoch, index));
    }

    /// @inheritdoc IChannels
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex'0f', NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    // The parts of the acts above

    function _open(Key calldata key, uint96 amount) private returns (ChannelId id, uint24 epoch) {
        if (key.payee == address(0) || key.payee == address(this)) revert PayeeRefused(key.payee);
        if (key.signer == address(0) || key.signer == key.payee) revert SignerRefused(key.signer);
        if (key.expiry != 0 && key.expiry <= block.timestamp) revert ExpiryPassed(key.expiry);
        if (amount == 0) revert ZeroAmount();
        id = channelId(key);
        ChannelState state = ChannelStates.load(id);
        if (state.isOpen()) revert ChannelAlreadyOpen(id);
        epoch = uint24(state.epoch());
        if (ChannelAccounting.isLast(epoch)) revert NoEpochLeft(id);
        state.opened(amount).store(id);
        emit Opened(
            id, key.payer, key.payee, key.token, key.signer, key.grace, key.expiry, key.salt, epoch, amount
        );
    }

    function _topUp(Key calldata key, uint96 amount) private returns (ChannelId id, ChannelState before) {
        if (amount == 0) revert ZeroAmount();
        id = channelId(key);
        before = _openState(id);
        uint256 deposited = ChannelAccounting.deposit(before.deposited(), amount);
        before.toppedUp(amount).store(id);
        emit ToppedUp(id, packAmounts(before.epoch(), amount, deposited));
    }

    function _receive(address token, uint96 amount) private {
        if (token == address(0)) {
            if (msg.value != amount) revert WrongValue(msg.value, amount);
            return;
        }
        if (msg.value != 0) revert WrongValue(msg.value, 0);
        uint256 before = _startMeasuring(token);
        Transfers.pull(token, msg.sender, amount);
        _checkReceived(token, before, amount);
    }

    function _receiveWithAuthorization(
        Key calldata key,
        uint96 amount,
        bytes32 nonce,
        Authorization calldata authorization
    ) private {
        uint256 before = _startMeasuring(key.token);
        Transfers.pullWithAuthorization(key.token, key.payer, amount, nonce, authorization);
        _checkReceived(key.token, before, amount);
    }

    function _startMeasuring(address token) private returns (uint256 before) {
        _measuring = 1;
        return Transfers.balance(token);
    }

    function _checkReceived(address token, uint256 before, uint96 amount) private {
        uint256 balance = Transfers.balance(token);
        unchecked {
            // A balance that shrank is a difference above 96 bits.
            if (balance - before != amount) revert WrongAmountReceived(balance > before ? balance - before : 0, amount);
        }
        _measuring = 0;
    }

    function _claimRow(bytes32 domain, address payee, address token, ClaimRow calldata row)
        private
        returns (uint256)
    {
        ChannelId id = ChannelId.wrap(
            keccak256(
                abi.encode(
                    _deploymentChainId,
                    address(this),
                    row.payer,
                    payee,
                    token,
                    row.signer,
                    row.grace,
                    row.expiry,
                    row.salt
                )
            )
        );
        (ChannelState state, uint256 due) = _dueOf(id, row.cumulative);
        if (due == 0) return 0;
        bytes32 digest = _claimDigest(domain, id, state.epoch(), row.cumulative);
        if (!Signatures.isSignedBy(row.signer, digest, row.signature, ROW_WALLET_GAS)) {
            emit ClaimSkipped(id, InvalidSignature.selector);
            return 0;
        }
        _recordClaim(id, state, due);
        return due;
    }

    function _claimPackedRow(bytes32 domain, bytes memory words, PackedRow row) private returns (uint256) {
        ChannelId id = row.channelId(words);
        uint256 cumulative = row.cumulative();
        (ChannelState state, uint256 due) = _dueOf(id, cumulative);
        if (due == 0) return 0;
        (bytes32 r, uint256 vs) = row.signature();
        if (!Signatures.isRecoveredFrom(row.signer(), _claimDigest(domain, id, state.epoch(), cumulative), r, vs)) {
            emit ClaimSkipped(id, InvalidSignature.selector);
            return 0;
        }
        _recordClaim(id, state, due);
        return due;
    }

    /// What a row adds, before its signature is looked at; if nothing, says why not.
    function _dueOf(ChannelId id, uint256 cumulative) private returns (ChannelState state, uint256 due) {
        state = ChannelStates.load(id);
        due = ChannelAccounting.due(state.deposited(), state.claimed(), cumulative);
        if (due == 0) {
            emit ClaimSkipped(id, state.isOpen() ? ClaimNotIncreasing.selector : ChannelNotOpen.selector);
        }
    }

    function _recordClaim(ChannelId id, ChannelState before, uint256 paid) private {
        ChannelState state = before.paidOut(paid);
        state.store(id);
        emit Claimed(id, packAmounts(state.epoch(), paid, state.claimed()));
    }

    function _close(
        Key calldata key,
        ChannelId id,
        ChannelState state,
        uint96 capture,
        uint96 cumulative,
        bytes calldata claimSignature
    ) private {
        (uint256 toPayee, uint256 toPayer) = ChannelAccounting.shares(state.deposited(), state.claimed(), capture);
        (address payer, address payee, address token, address signer) = _namesOf(key);
        if (toPayee != 0) {
            if (capture > cumulative) revert CaptureAboveClaim(cumulative, capture);
            bytes32 digest = _claimDigest(_domain(), id, state.epoch(), cumulative);
            if (!Signatures.isSignedBy(signer, digest, claimSignature, gasleft())) revert InvalidSignature();
        }
        state.ended().store(id);
        emit Closed(id, packAmounts(state.epoch(), capture, toPayer));
        Transfers.pay(token, payee, toPayee);
        Transfers.pay(token, payer, toPayer);
    }

    function _requestClose(Key calldata key, ChannelId id, ChannelState state) private {
        uint256 closeAt = ChannelAccounting.closing(state.closeAt(), key.grace, block.timestamp);
        state.closing(closeAt).store(id);
        emit CloseRequested(id, uint24(state.epoch()), uint40(closeAt));
    }

    function _openState(ChannelId id) private view returns (ChannelState state) {
        state = ChannelStates.load(id);
        if (!state.isOpen()) revert ChannelNotOpen(id);
    }

    /// `keccak256(abi.encode(chainId, contract, key))`. The seven words of a key are hashed as they came: if one of
    /// them has bits that its type has not, the id is of a channel that `_open` could never have opened.
    function _id(Key calldata key) private view returns (ChannelId id) {
        uint256 chainId = _deploymentChainId;
        assembly ('memory-safe') {
            let words := mload(0x40)
            mstore(words, chainId)
            mstore(add(words, 32), address())
            calldatacopy(add(words, 64), key, 224)
            id := keccak256(words, 288)
        }
    }

    /// The addresses of a key as they came. For channels that are open only, whose keys were checked at opening.
    function _namesOf(Key calldata key)
        private
        pure
        returns (address payer, address payee, address token, address signer)
    {
        assembly ('memory-safe') {
            payer := calldataload(key)
            payee := calldataload(add(key, 32))
            token := calldataload(add(key, 64))
            signer := calldataload(add(key, 96))
        }
    }

    function _claimDigest(bytes32 domain, ChannelId id, uint256 epoch, uint256 cumulative)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typehash = CLAIM_TYPEHASH;
        bytes32 structHash;
        assembly ('memory-safe') {
            let words := mload(0x40)
            mstore(words, typehash)
            mstore(add(words, 32), id)
            mstore(add(words, 64), epoch)
            mstore(add(words, 96), cumulative)
            structHash := keccak256(words, 128)
        }
        return _digest(domain, structHash);
    }

    function _closeDigest(ChannelId id, uint256 epoch, uint256 capture, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return _digest(_domain(), keccak256(abi.encode(CLOSE_TYPEHASH, id, epoch, capture, deadline)));
    }

    function _requestCloseDigest(ChannelId id, uint256 epoch, uint256 deposited, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return _digest(_domain(), keccak256(abi.encode(REQUEST_CLOSE_TYPEHASH, id, epoch, deposited, deadline)));
    }

    /// EIP-712: `keccak256(0x19 ‖ 0x01 ‖ domain ‖ structHash)`.
    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32 digest) {
        assembly ('memory-safe') {
            let words := mload(0x40)
            mstore(words, hex'1901')
            mstore(add(words, 2), domain)
            mstore(add(words, 34), structHash)
            digest := keccak256(words, 66)
        }
    }

    function _domain() internal view returns (bytes32) {
        return block.chainid == _deploymentChainId ? _deploymentDomain : _hashDomain();
    }

    function _hashDomain() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this)
            )
        );
    }
}
