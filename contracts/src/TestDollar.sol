// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Test Dollar
/// @notice A worthless dollar for local chains, with the doors and the powers of USDC: 6 decimals, EIP-2612 permits,
/// EIP-3009 authorizations, an owner who can pause it, block an address and mint. Its owner is the faucet.
contract TestDollar {
    string public constant name = 'Test Dollar';
    string public constant symbol = 'TUSD';
    string public constant version = '1';
    uint8 public constant decimals = 6;

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)');
    bytes32 private constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'
    );
    bytes32 private constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'
    );
    bytes32 private constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256('CancelAuthorization(address authorizer,bytes32 nonce)');

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    bytes4 private constant ERC1271_MAGIC = 0x1626ba7e;
    uint256 private constant BLACKLISTED = 1 << 255;

    address public immutable owner;
    struct Account {
        uint256 balance;
    }

    bool public isPaused;
    uint256 public totalSupply;
    /// The balance, with the highest bit set for a blocked account: one word to read for both, as in USDC.
    mapping(address account => Account) private _accounts;
    mapping(address account => mapping(address spender => uint256)) public allowance;
    /// The next EIP-2612 nonce.
    mapping(address account => uint256) public nonces;
    /// Whether an EIP-3009 nonce was used or cancelled.
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
    event Blacklisted(address indexed account);
    event UnBlacklisted(address indexed account);
    event Pause();
    event Unpause();

    /// Only the owner may.
    error NotOwner(address sender);
    /// The token is paused.
    error Paused();
    /// The account is blocked.
    error AccountBlacklisted(address account);
    /// The balance is smaller than the value.
    error InsufficientBalance(address account, uint256 balance, uint256 value);
    /// The allowance is smaller than the value.
    error InsufficientAllowance(address spender, uint256 allowed, uint256 value);
    /// The supply must stay below 2^255.
    error SupplyTooLarge();
    /// Tokens cannot go to the zero address.
    error ZeroRecipient();
    /// The permit's deadline has passed.
    error PermitExpired(uint256 deadline);
    /// The authorization is not valid yet.
    error AuthorizationNotYetValid(uint256 validAfter);
    /// The authorization is no longer valid.
    error AuthorizationExpired(uint256 validBefore);
    /// The authorization's nonce was used or cancelled.
    error AuthorizationUsedOrCanceled(bytes32 nonce);
    /// `receiveWithAuthorization` is for the recipient to call.
    error CallerNotRecipient(address sender);
    /// The signature is not by the one it must be.
    error InvalidSignature();

    constructor(address owner_) {
        owner = owner_;
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    // ERC-20

    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].balance & ~BLACKLISTED;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        // Both ends of the transfer are looked at in any case.
        if (msg.sender != to && isBlacklisted(msg.sender)) revert AccountBlacklisted(msg.sender);
        mapping(address spender => uint256) storage allowances = allowance[from];
        uint256 allowed = allowances[msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert InsufficientAllowance(msg.sender, allowed, value);
            unchecked {
                allowances[msg.sender] = allowed - value;
            }
        }
        _transfer(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        _checkUsable(msg.sender);
        _approve(msg.sender, spender, value);
        return true;
    }

    // EIP-2612

    /// @notice Sets an allowance by signature. `deadline` in Unix seconds.
    function permit(
        address account,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        permit(account, spender, value, deadline, abi.encodePacked(r, s, v));
    }

    /// @notice The same for contract wallets (ERC-1271).
    function permit(address account, address spender, uint256 value, uint256 deadline, bytes memory signature)
        public
    {
        if (block.timestamp > deadline) revert PermitExpired(deadline);
        _checkUsable(account);
        _checkSignature(
            account,
            keccak256(abi.encode(PERMIT_TYPEHASH, account, spender, value, nonces[account]++, deadline)),
            signature
        );
        _approve(account, spender, value);
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256(bytes(version)), block.chainid, address(this)
            )
        );
    }

    // EIP-3009

    /// @notice Moves `value` with the sender's signature; anybody may call.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        transferWithAuthorization(from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v));
    }

    /// @notice The same for contract wallets (ERC-1271).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) public {
        _useAuthorization(
            TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce, signature
        );
    }

    /// @notice Moves `value` with the sender's signature; only the recipient may call, so that a contract can tie
    /// the payment to what it is for.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        receiveWithAuthorization(from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v));
    }

    /// @notice The same for contract wallets (ERC-1271).
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) public {
        if (to != msg.sender) revert CallerNotRecipient(msg.sender);
        _useAuthorization(
            RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce, signature
        );
    }

    /// @notice Makes an unused nonce worthless, with its owner's signature: 65 bytes, or what ERC-1271 takes.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes memory signature) external {
        if (isPaused) revert Paused();
        if (authorizationState[authorizer][nonce]) revert AuthorizationUsedOrCanceled(nonce);
        _checkSignature(
            authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), signature
        );
        authorizationState[authorizer][nonce] = true;
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function isBlacklisted(address account) public view returns (bool) {
        return _accounts[account].balance >= BLACKLISTED;
    }

    // The owner's powers

    function mint(address to, uint256 value) external onlyOwner {
        _checkUsable(to);
        if (to == address(0)) revert ZeroRecipient();
        totalSupply += value;
        if (totalSupply >= BLACKLISTED) revert SupplyTooLarge();
        _accounts[to].balance += value;
        emit Transfer(address(0), to, value);
    }

    function pause() external onlyOwner {
        isPaused = true;
        emit Pause();
    }

    function unpause() external onlyOwner {
        isPaused = false;
        emit Unpause();
    }

    function setBlacklisted(address account, bool blacklisted) external onlyOwner {
        if (blacklisted) {
            _accounts[account].balance |= BLACKLISTED;
            emit Blacklisted(account);
        } else {
            _accounts[account].balance &= ~BLACKLISTED;
            emit UnBlacklisted(account);
        }
    }

    // The parts of the above

    function _useAuthorization(
        bytes32 typehash,
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) private {
        if (block.timestamp <= validAfter) revert AuthorizationNotYetValid(validAfter);
        if (block.timestamp >= validBefore) revert AuthorizationExpired(validBefore);
        if (authorizationState[from][nonce]) revert AuthorizationUsedOrCanceled(nonce);
        _checkSignature(
            from, keccak256(abi.encode(typehash, from, to, value, validAfter, validBefore, nonce)), signature
        );
        authorizationState[from][nonce] = true;
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    function _transfer(address from, address to, uint256 value) private {
        if (isPaused) revert Paused();
        if (to == address(0)) revert ZeroRecipient();
        Account storage sender = _accounts[from];
        Account storage recipient = _accounts[to];
        uint256 balance = sender.balance;
        if (balance >= BLACKLISTED) revert AccountBlacklisted(from);
        if (balance < value) revert InsufficientBalance(from, balance, value);
        unchecked {
            sender.balance = balance - value;
            // Cannot overflow: the sum of all balances is the total supply.
            balance = recipient.balance + value;
        }
        if (balance >= BLACKLISTED) revert AccountBlacklisted(to);
        recipient.balance = balance;
        emit Transfer(from, to, value);
    }

    function _approve(address account, address spender, uint256 value) private {
        _checkUsable(spender);
        allowance[account][spender] = value;
        emit Approval(account, spender, value);
    }

    function _checkUsable(address account) private view {
        if (isPaused) revert Paused();
        if (isBlacklisted(account)) revert AccountBlacklisted(account);
    }

    function _checkSignature(address account, bytes32 structHash, bytes memory signature) private view {
        bytes32 digest = keccak256(abi.encodePacked(hex'1901', DOMAIN_SEPARATOR(), structHash));
        if (signature.length == 65) {
            bytes32 r;
            bytes32 s;
            uint8 v;
            assembly ('memory-safe') {
                r := mload(add(signature, 32))
                s := mload(add(signature, 64))
                v := byte(0, mload(add(signature, 96)))
            }
            if (uint256(s) <= HALF_ORDER) {
                address recovered = ecrecover(digest, v, r, s);
                if (recovered != address(0) && recovered == account) return;
            }
        }
        if (account.code.length == 0) revert InvalidSignature();
        (bool answered, bytes memory answer) =
            account.staticcall(abi.encodeWithSelector(ERC1271_MAGIC, digest, signature));
        if (!answered || answer.length < 32 || abi.decode(answer, (bytes32)) != bytes32(ERC1271_MAGIC)) {
            revert InvalidSignature();
        }
    }
}
