// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// The identity of a channel: `keccak256(abi.encode(chainId, contract, key))`.
type ChannelId is bytes32;

/// What an event says in one word:
/// the epoch in bits 192–215, an amount that moved in bits 96–191, a total in bits 0–95. Both amounts are in the
/// token's smallest unit; each event says which they are.
type Amounts is uint256;

/// @title Unidirectional payment channels
/// @notice A payer locks ETH or an ERC-20 token for one payee. Off chain, a key that the payer chose (the
/// signer) signs ever larger cumulative amounts: *claims*. Whoever holds the newest claim can redeem it here,
/// and the money goes to the payee and to nobody else. What was never claimed goes back to the payer, either
/// at once with the payee's consent (`close`) or alone after a grace period (`requestClose`, then `withdraw`).
///
/// There is no owner, no fee, no pause and no upgrade. Nobody, the deployer included, can move money except by
/// the rules on this page.
///
/// **One channel, many lives.** A channel is named by its key and can be opened again after it ended. Each life
/// is an *epoch*, counted from 0. The epoch is signed into every message, so nothing signed for an earlier life
/// is worth anything in a later one.
///
/// **Who may do what**
/// | act | who | pays |
/// | --- | --- | --- |
/// | open, top up | the payer, or anybody who carries the payer's EIP-3009 authorization | – |
/// | claim | anybody who holds a claim | the payee |
/// | close | the payee, or anybody who carries the payee's signed `Close` | both |
/// | request close | the payer or the signer, or anybody who carries the signed `RequestClose` of one of them | – |
/// | withdraw | anybody, once the grace or the expiry has passed | the payer |
///
/// **Units.** Every amount is in the token's smallest unit (wei for ETH). Every time is in Unix seconds by
/// `block.timestamp`; `grace` is in seconds.
///
/// **Signatures** are EIP-712 over the domain that `eip712Domain` returns:
/// - `Claim(bytes32 channelId,uint24 epoch,uint96 cumulative)` by the signer
/// - `Close(bytes32 channelId,uint24 epoch,uint96 capture,uint40 deadline)` by the payee
/// - `RequestClose(bytes32 channelId,uint24 epoch,uint96 deposited,uint40 deadline)` by the payer or the signer
///
/// Accepted are 65 bytes `r ‖ s ‖ v` with s in the lower half of the curve order and v 27 or 28, the same in the 64
/// bytes of EIP-2098, and, when that does not recover the expected address and a contract lives there, whatever its
/// ERC-1271 `isValidSignature` accepts.
///
/// **Tokens.** A token that delivers less or more than asked is refused at the door. A token whose balances
/// change by themselves (rebasing) can strand or share losses among the channels in that same token; it cannot
/// touch channels in any other.
interface IChannels {
    /// @notice What names a channel. It travels with every call, so that the contract stores one word only.
    struct Key {
        /// Who funds the channel and gets the rest back.
        address payer;
        /// Who is paid. Cannot be zero or this contract.
        address payee;
        /// The ERC-20 token, or zero for ETH.
        address token;
        /// Whose signature makes a claim. Cannot be zero or the payee.
        address signer;
        /// Seconds between a request to close and the first moment the payer can withdraw. A payee refuses
        /// channels whose grace is shorter than his longest sleep.
        uint32 grace;
        /// When the payer can withdraw without having asked; 0 = never. Expiry stops nothing else.
        uint40 expiry;
        /// Tells apart channels that agree in all other fields.
        bytes32 salt;
    }

    /// @notice All that is stored about a channel: one storage word.
    struct State {
        /// Paid in during this epoch. 0 = not open.
        uint96 deposited;
        /// Paid out to the payee during this epoch. Never above `deposited`, never falls within an epoch.
        uint96 claimed;
        /// When a requested close lets the payer withdraw; 0 = not requested.
        uint40 closeAt;
        /// How many lives have ended. Survives closing.
        uint24 epoch;
    }

    /// @notice An EIP-2612 permit by the payer for this contract. If it fails (somebody may have submitted it
    /// already) the call goes on and succeeds if the allowance is there.
    struct Permit {
        /// The allowance to set, at least the amount of the call.
        uint256 value;
        /// Last moment of validity.
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice An EIP-3009 `ReceiveWithAuthorization` signed by the payer, `to` this contract, with the nonce of
    /// `authorizationNonce`: bound to one channel, epoch and index, it can be carried by anybody and used for
    /// nothing else.
    struct Authorization {
        uint256 validAfter;
        uint256 validBefore;
        /// 65 bytes `r ‖ s ‖ v`, or what a contract wallet needs if the token takes `bytes` signatures.
        bytes signature;
    }

    /// @notice One channel of a batch: the key without the payee and token, which the batch shares, and a claim.
    struct ClaimRow {
        address payer;
        address signer;
        uint32 grace;
        uint40 expiry;
        bytes32 salt;
        /// Total claimed in this epoch.
        uint96 cumulative;
        bytes signature;
    }

    /// @notice A life of the channel began. Carries the whole key.
    event Opened(
        ChannelId indexed channelId,
        address indexed payer,
        address indexed payee,
        address token,
        address signer,
        uint32 grace,
        uint40 expiry,
        bytes32 salt,
        uint24 epoch,
        uint96 deposited
    );

    /// @notice The deposit grew, and a requested close, if any, is cancelled.
    /// @param amounts The epoch, by how much it grew, and the deposit now.
    event ToppedUp(ChannelId indexed channelId, Amounts amounts);

    /// @notice The payee was paid.
    /// @param amounts The epoch, what he was paid now, and all he was paid in this epoch.
    event Claimed(ChannelId indexed channelId, Amounts amounts);

    /// @notice A row of a batch was passed over. `reason` is the selector of the error that the same claim would
    /// have met alone.
    event ClaimSkipped(ChannelId indexed channelId, bytes4 reason);

    /// @notice From `closeAt` on the payer can withdraw. A payee redeems before then and serves no longer.
    event CloseRequested(ChannelId indexed channelId, uint24 epoch, uint40 closeAt);

    /// @notice The epoch ended with the payee's consent.
    /// @param amounts The epoch, all that the payee was paid in it, and what the payer got back.
    event Closed(ChannelId indexed channelId, Amounts amounts);

    /// @notice The epoch ended by time.
    /// @param amounts The epoch, all that the payee was paid in it, and what the payer got back.
    event Withdrawn(ChannelId indexed channelId, Amounts amounts);

    /// The sender is not the payer, and carries no authorization of his.
    error NotPayer(address sender);
    /// The sender is not the payee.
    error NotPayee(address sender);
    /// The sender is neither the payer nor the signer.
    error NotPayerOrSigner(address sender);
    /// The payee is zero or this contract.
    error PayeeRefused(address payee);
    /// The signer is zero, or the payee, who could then pay himself everything.
    error SignerRefused(address signer);
    /// The expiry has passed already.
    error ExpiryPassed(uint40 expiry);
    /// The length of packed rows is not a multiple of the size of one row, 157 bytes.
    error MalformedRows(uint256 length);
    /// The amount is zero.
    error ZeroAmount();
    /// Top-up indexes start at 1; index 0 is the opening.
    error ZeroIndex();
    /// The ETH sent is not the amount (for a token: not zero).
    error WrongValue(uint256 sent, uint256 expected);
    /// The token delivered something else than the amount.
    error WrongAmountReceived(uint256 received, uint256 expected);
    /// The deposit would exceed 2^96 − 1.
    error DepositTooLarge();
    /// The channel is open already.
    error ChannelAlreadyOpen(ChannelId channelId);
    /// The channel is not open.
    error ChannelNotOpen(ChannelId channelId);
    /// This key has lived 2^24 − 1 times; choose another salt.
    error NoEpochLeft(ChannelId channelId);
    /// A close was requested: only the payer in person may top up, which cancels it.
    error ChannelClosing(uint40 closeAt);
    /// The claim (capped at the deposit) is not above what was claimed already.
    error ClaimNotIncreasing(uint96 claimed, uint96 cumulative);
    /// The capture is below what was paid out already.
    error CaptureBelowClaimed(uint96 claimed, uint96 capture);
    /// The capture is above the deposit.
    error CaptureAboveDeposit(uint96 deposited, uint96 capture);
    /// The capture is above the claim that was presented.
    error CaptureAboveClaim(uint96 cumulative, uint96 capture);
    /// The signature is not by whom it must be, or not over this channel, epoch and amounts.
    error InvalidSignature();
    /// The deadline has passed.
    error DeadlinePassed(uint40 deadline);
    /// Neither the grace nor the expiry has passed. `from` is the first moment; 0 = a close must be requested.
    error TooEarly(uint40 from);
    /// The token refused to be moved in, or has no code. `reason` is what the token said.
    error DepositFailed(bytes reason);
    /// The recipient or the token refused the payout, or the token has no code.
    error PayoutFailed(address to);
    /// A token or a recipient called back.
    error Reentered();

    /// @notice Opens a channel with `amount`, paid by the sender, who must be the payer.
    /// @dev ETH: send exactly `amount`. Token: needs an allowance for this contract.
    /// Errors: NotPayer, PayeeRefused, SignerRefused, ExpiryPassed, ZeroAmount, ChannelAlreadyOpen, NoEpochLeft,
    /// WrongValue, DepositFailed, WrongAmountReceived.
    function open(Key calldata key, uint96 amount) external payable returns (ChannelId channelId);

    /// @notice The same for a token with EIP-2612, saving the transaction that approves. The sender must be the
    /// payer: a permit does not say which channel it is for.
    function openWithPermit(Key calldata key, uint96 amount, Permit calldata permit)
        external
        returns (ChannelId channelId);

    /// @notice The same for a token with EIP-3009, carried by anybody; the payer needs no gas. The nonce is
    /// `authorizationNonce(channelId, epoch, 0)`.
    function openWithAuthorization(Key calldata key, uint96 amount, Authorization calldata authorization)
        external
        returns (ChannelId channelId);

    /// @notice Adds `amount` to an open channel. Only the payer. Cancels a requested close.
    /// @dev Errors: NotPayer, ChannelNotOpen, ZeroAmount, DepositTooLarge, WrongValue, DepositFailed,
    /// WrongAmountReceived.
    function topUp(Key calldata key, uint96 amount) external payable;

    /// @notice The same for a token with EIP-2612.
    function topUpWithPermit(Key calldata key, uint96 amount, Permit calldata permit) external;

    /// @notice The same for a token with EIP-3009, carried by anybody. The nonce is
    /// `authorizationNonce(channelId, epoch, index)` with index ≥ 1, so a payer can sign an allowance of several
    /// weeks ahead (`validAfter`) and cancel it at the token. Refused with ChannelClosing while a close is
    /// requested, unless the payer himself sends it: an allowance must not undo its giver's wish to leave.
    function topUpWithAuthorization(
        Key calldata key,
        uint96 amount,
        uint256 index,
        Authorization calldata authorization
    ) external;

    /// @notice Redeems a claim: pays the payee what the claim (capped at the deposit) adds to what he got before.
    /// Anybody may call, at any time until the epoch ends, also after a requested close is due.
    /// @param cumulative Total claimed in this epoch.
    /// @param signature The signer's, over `Claim(channelId, epoch, cumulative)`, in the two words of EIP-2098: r, and s
    /// with v − 27 in the highest bit. A signer that is a contract needs `claimBatch`.
    /// @return paid What this call paid.
    /// @dev Errors: ChannelNotOpen, ClaimNotIncreasing, InvalidSignature, PayoutFailed.
    function claim(Key calldata key, uint96 cumulative, bytes32[2] calldata signature)
        external
        returns (uint256 paid);

    /// @notice Redeems many claims of one payee in one token with one payout. A row that cannot be redeemed
    /// (stale, closed, badly signed) is passed over with ClaimSkipped. An empty or wholly stale batch pays
    /// nothing and does not fail.
    /// @return paid What this call paid in total.
    /// @dev Errors: PayoutFailed; then nothing has changed.
    function claimBatch(address payee, address token, ClaimRow[] calldata rows) external returns (uint256 paid);

    /// @notice The same for less gas, when all signers are keys: rows of 157 bytes, laid out in `PackedRows`.
    /// Signatures of contract wallets (ERC-1271) need `claimBatch`.
    /// @return paid What this call paid in total.
    /// @dev Errors: MalformedRows, PayoutFailed; then nothing has changed.
    function claimPacked(address payee, address token, bytes calldata rows) external returns (uint256 paid);

    /// @notice Ends the epoch at once. Only the payee. Pays him up to `capture` in total and the payer the rest.
    /// @param capture What the payee keeps of this epoch in total: at least what was claimed, at most the claim
    /// presented and the deposit.
    /// @param cumulative A claim of at least `capture`, with its signature; both are ignored when `capture`
    /// equals what was claimed already.
    /// @dev Errors: NotPayee, ChannelNotOpen, CaptureBelowClaimed, CaptureAboveDeposit, CaptureAboveClaim,
    /// InvalidSignature, PayoutFailed. A payer who cannot be paid blocks this way only: `claim` still pays.
    function close(Key calldata key, uint96 capture, uint96 cumulative, bytes calldata claimSignature) external;

    /// @notice The same, carried by anybody with the payee's signature over
    /// `Close(channelId, epoch, capture, deadline)`. Whoever signs one treats the channel as frozen until the
    /// deadline or the next epoch.
    /// @dev Errors: as `close`, and DeadlinePassed.
    function closeWithSignature(
        Key calldata key,
        uint96 capture,
        uint96 cumulative,
        bytes calldata claimSignature,
        uint40 deadline,
        bytes calldata closeSignature
    ) external;

    /// @notice Starts the grace. Only the payer or the signer.
    /// @dev Errors: NotPayerOrSigner, ChannelNotOpen, ChannelClosing (the first request stands).
    function requestClose(Key calldata key) external;

    /// @notice The same, carried by anybody with the signature of the payer or the signer over
    /// `RequestClose(channelId, epoch, deposited, deadline)`. The deposit is signed, so that a later top-up
    /// cannot be undone by submitting an old request again.
    /// @dev Errors: InvalidSignature, DeadlinePassed, ChannelNotOpen, ChannelClosing.
    function requestCloseWithSignature(Key calldata key, uint40 deadline, bytes calldata signature) external;

    /// @notice Ends the epoch after the grace of a requested close, or after the expiry, and pays the payer what
    /// was not claimed. Anybody may call.
    /// @dev Errors: ChannelNotOpen, TooEarly, PayoutFailed.
    function withdraw(Key calldata key) external;

    /// @notice The id of the channel with this key, open or not. It holds the chain id of the deployment, so the
    /// channels stay reachable should the chain ever change its id; signatures follow the current id.
    function channelId(Key calldata key) external view returns (ChannelId);

    /// @notice The state of a channel; all zero if it never was.
    function getChannel(ChannelId id) external view returns (State memory);

    /// @notice The states of many channels, in the order asked.
    function states(ChannelId[] calldata ids) external view returns (State[] memory);

    /// @notice The EIP-3009 nonce that binds an authorization: `keccak256(abi.encode(id, epoch, index))`.
    /// Index 0 opens, 1 and above top up.
    function authorizationNonce(ChannelId id, uint24 epoch, uint256 index) external pure returns (bytes32);

    /// @notice EIP-5267: the domain that signatures are made for.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
