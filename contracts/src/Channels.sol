// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelId, IChannels} from './interfaces/IChannels.sol';
import {ChannelState} from './ChannelState.sol';
import {Signatures} from './Signatures.sol';
import {Transfers} from './Transfers.sol';

/// @title Channels
/// @notice The rules are told in `IChannels`. The arithmetic is in `ChannelAccounting`; here is decided who may ask
/// for it and who is paid. Every function checks, then writes its one word, then calls out.
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

    mapping(ChannelId => ChannelState) private _states;

    bool private transient _entered;

    /// Deposits are measured by balance, so nothing may happen in between.
    modifier exclusive() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    // Funding

    /// @inheritdoc IChannels
    function open(Key calldata key, uint96 amount) external payable exclusive returns (ChannelId id) {
        if (msg.sender != key.payer) revert NotPayer(msg.sender);
        (id,) = _open(key, amount);
        _receive(key.token, amount);
    }

    /// @inheritdoc IChannels
    function openWithPermit(Key calldata key, uint96 amount, Permit calldata permit)
        external
        exclusive
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
        exclusive
        returns (ChannelId id)
    {
        uint24 epoch;
        (id, epoch) = _open(key, amount);
        _receiveWithAuthorization(key, amount, authorizationNonce(id, epoch, 0), authorization);
    }

    /// @inheritdoc IChannels
    function topUp(Key calldata key, uint96 amount) external payable exclusive {
        if (msg.sender != key.payer) revert NotPayer(msg.sender);
        _topUp(key, amount);
        _receive(key.token, amount);
    }

    /// @inheritdoc IChannels
    function topUpWithPermit(Key calldata key, uint96 amount, Permit calldata permit) external exclusive {
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
    ) external exclusive {
        if (index == 0) revert ZeroIndex();
        (ChannelId id, ChannelState before) = _topUp(key, amount);
        if (before.closeAt() != 0 && msg.sender != key.payer) revert ChannelClosing(before.closeAt());
        _receiveWithAuthorization(key, amount, authorizationNonce(id, before.epoch(), index), authorization);
    }

    // Redeeming

    /// @inheritdoc IChannels
    function claim(Key calldata key, uint96 cumulative, bytes calldata signature)
        external
        exclusive
        returns (uint96 paid)
    {
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        paid = state.due(cumulative);
        if (paid == 0) revert ClaimNotIncreasing(state.claimed(), cumulative);
        bytes32 digest = _claimDigest(_domain(), id, state.epoch(), cumulative);
        if (!Signatures.isSignedBy(key.signer, digest, signature, gasleft())) revert InvalidSignature();
        _recordClaim(id, state, paid);
        Transfers.pay(key.token, key.payee, paid);
    }

    /// @inheritdoc IChannels
    function claimBatch(address payee, address token, ClaimRow[] calldata rows)
        external
        exclusive
        returns (uint256 paid)
    {
        bytes32 domain = _domain();
        for (uint256 i = 0; i < rows.length; ++i) {
            uint256 freeMemory;
            assembly ('memory-safe') {
                freeMemory := mload(0x40)
            }
            paid += _claimRow(domain, payee, token, rows[i]);
            // What a row needed in memory is dead by now; without this the cost of a batch grows by its square.
            assembly ('memory-safe') {
                mstore(0x40, freeMemory)
            }
        }
        Transfers.pay(token, payee, paid);
    }

    // Leaving

    /// @inheritdoc IChannels
    function close(Key calldata key, uint96 capture, uint96 cumulative, bytes calldata claimSignature)
        external
        exclusive
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
    ) external exclusive {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        bytes32 digest =
            _digest(_domain(), keccak256(abi.encode(CLOSE_TYPEHASH, id, state.epoch(), capture, deadline)));
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
    function requestCloseWithSignature(Key calldata key, uint40 deadline, bytes calldata signature)
        external
        exclusive
    {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        bytes32 digest = _digest(
            _domain(),
            keccak256(abi.encode(REQUEST_CLOSE_TYPEHASH, id, state.epoch(), state.deposited(), deadline))
        );
        if (
            !Signatures.isSignedBy(key.payer, digest, signature, gasleft())
                && !Signatures.isSignedBy(key.signer, digest, signature, gasleft())
        ) revert InvalidSignature();
        _requestClose(key, id, state);
    }

    /// @inheritdoc IChannels
    function withdraw(Key calldata key) external exclusive {
        ChannelId id = channelId(key);
        ChannelState state = _openState(id);
        uint40 from = _withdrawableFrom(state.closeAt(), key.expiry);
        if (from == 0 || block.timestamp < from) revert TooEarly(from);
        uint96 refunded = state.deposited() - state.claimed();
        _states[id] = state.ended();
        emit Withdrawn(id, state.epoch(), state.claimed(), refunded);
        Transfers.pay(key.token, key.payer, refunded);
    }

    // Looking

    /// @inheritdoc IChannels
    function channelId(Key calldata key) public view returns (ChannelId) {
        return _id(key.payer, key.payee, key.token, key.signer, key.grace, key.expiry, key.salt);
    }

    /// @inheritdoc IChannels
    function getChannel(ChannelId id) public view returns (State memory) {
        ChannelState state = _states[id];
        return State(state.deposited(), state.claimed(), state.closeAt(), state.epoch());
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
        ChannelState state = _states[id];
        if (state.isOpen()) revert ChannelAlreadyOpen(id);
        if (state.isExhausted()) revert NoEpochLeft(id);
        epoch = state.epoch();
        _states[id] = state.opened(amount);
        emit Opened(
            id, key.payer, key.payee, key.token, key.signer, key.grace, key.expiry, key.salt, epoch, amount
        );
    }

    function _topUp(Key calldata key, uint96 amount) private returns (ChannelId id, ChannelState before) {
        if (amount == 0) revert ZeroAmount();
        id = channelId(key);
        before = _openState(id);
        ChannelState state = before.toppedUp(amount);
        _states[id] = state;
        emit ToppedUp(id, state.epoch(), amount, state.deposited());
    }

    function _receive(address token, uint96 amount) private {
        if (token == address(0)) {
            if (msg.value != amount) revert WrongValue(msg.value, amount);
            return;
        }
        if (msg.value != 0) revert WrongValue(msg.value, 0);
        uint256 before = Transfers.balance(token);
        Transfers.pull(token, msg.sender, amount);
        _checkReceived(token, before, amount);
    }

    function _receiveWithAuthorization(
        Key calldata key,
        uint96 amount,
        bytes32 nonce,
        Authorization calldata authorization
    ) private {
        uint256 before = Transfers.balance(key.token);
        Transfers.pullWithAuthorization(key.token, key.payer, amount, nonce, authorization);
        _checkReceived(key.token, before, amount);
    }

    function _checkReceived(address token, uint256 before, uint96 amount) private view {
        uint256 balance = Transfers.balance(token);
        uint256 received = balance > before ? balance - before : 0;
        if (received != amount) revert WrongAmountReceived(received, amount);
    }

    function _claimRow(bytes32 domain, address payee, address token, ClaimRow calldata row)
        private
        returns (uint96 paid)
    {
        ChannelId id = _id(row.payer, payee, token, row.signer, row.grace, row.expiry, row.salt);
        ChannelState state = _states[id];
        paid = state.due(row.cumulative);
        bytes4 reason;
        if (!state.isOpen()) {
            reason = ChannelNotOpen.selector;
        } else if (paid == 0) {
            reason = ClaimNotIncreasing.selector;
        } else if (
            !Signatures.isSignedBy(
                row.signer,
                _claimDigest(domain, id, state.epoch(), row.cumulative),
                row.signature,
                ROW_WALLET_GAS
            )
        ) {
            reason = InvalidSignature.selector;
        } else {
            _recordClaim(id, state, paid);
            return paid;
        }
        emit ClaimSkipped(id, reason);
        return 0;
    }

    function _recordClaim(ChannelId id, ChannelState before, uint96 paid) private {
        ChannelState state = before.paidOut(paid);
        _states[id] = state;
        emit Claimed(id, state.epoch(), paid, state.claimed());
    }

    function _close(
        Key calldata key,
        ChannelId id,
        ChannelState state,
        uint96 capture,
        uint96 cumulative,
        bytes calldata claimSignature
    ) private {
        uint96 claimed = state.claimed();
        uint96 deposited = state.deposited();
        if (capture < claimed) revert CaptureBelowClaimed(claimed, capture);
        if (capture > deposited) revert CaptureAboveDeposit(deposited, capture);
        if (capture > claimed) {
            if (capture > cumulative) revert CaptureAboveClaim(cumulative, capture);
            bytes32 digest = _claimDigest(_domain(), id, state.epoch(), cumulative);
            if (!Signatures.isSignedBy(key.signer, digest, claimSignature, gasleft())) revert InvalidSignature();
        }
        _states[id] = state.ended();
        emit Closed(id, state.epoch(), capture, deposited - capture);
        Transfers.pay(key.token, key.payee, capture - claimed);
        Transfers.pay(key.token, key.payer, deposited - capture);
    }

    function _requestClose(Key calldata key, ChannelId id, ChannelState state) private {
        if (state.closeAt() != 0) revert ChannelClosing(state.closeAt());
        uint40 closeAt = uint40(block.timestamp) + key.grace;
        _states[id] = state.closing(closeAt);
        emit CloseRequested(id, state.epoch(), closeAt);
    }

    function _openState(ChannelId id) private view returns (ChannelState state) {
        state = _states[id];
        if (!state.isOpen()) revert ChannelNotOpen(id);
    }

    /// The earlier of the two moments that are set; 0 if neither is.
    function _withdrawableFrom(uint40 closeAt, uint40 expiry) private pure returns (uint40) {
        if (closeAt == 0) return expiry;
        if (expiry == 0) return closeAt;
        return closeAt < expiry ? closeAt : expiry;
    }

    function _id(
        address payer,
        address payee,
        address token,
        address signer,
        uint32 grace,
        uint40 expiry,
        bytes32 salt
    ) private view returns (ChannelId) {
        return ChannelId.wrap(
            keccak256(
                abi.encode(
                    _deploymentChainId, address(this), payer, payee, token, signer, grace, expiry, salt
                )
            )
        );
    }

    function _claimDigest(bytes32 domain, ChannelId id, uint24 epoch, uint96 cumulative)
        private
        pure
        returns (bytes32)
    {
        return _digest(domain, keccak256(abi.encode(CLAIM_TYPEHASH, id, epoch, cumulative)));
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex'1901', domain, structHash));
    }

    function _domain() private view returns (bytes32) {
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
