// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The demo wallet's second account: a contract that one key speaks for
/// @notice For local chains and tests: it shows that a wallet without a key of its own address can fund a channel
/// (ERC-1271), leave it and get its money back. It has no owner change, no recovery and no upgrade.
contract SmartAccount {
    bytes4 private constant MAGIC = 0x1626ba7e;
    bytes32 private constant DOMAIN =
        keccak256('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
    bytes32 private constant MESSAGE = keccak256('AccountMessage(bytes32 digest)');
    /// The first byte of a signature says what follows; this account knows one kind: r, s, v of its owner.
    bytes1 private constant BY_OWNER = 0x01;
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    address public immutable owner;

    error NotOwner(address sender);

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Does what the owner wants: calls `to` with `data` and `value` wei. Fails as the call fails.
    function execute(address to, uint256 value, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        (bool done, bytes memory answer) = to.call{value: value}(data);
        if (!done) {
            assembly ('memory-safe') {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    /// @notice ERC-1271. The owner signs the digest wrapped in this account's own EIP-712 domain, so that what it
    /// signed for one of its accounts is worth nothing at another.
    /// @param signature 66 bytes: 0x01 ‖ r ‖ s ‖ v.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 66 || signature[0] != BY_OWNER) return 0xffffffff;
        bytes32 s = bytes32(signature[33:65]);
        if (uint256(s) > HALF_ORDER) return 0xffffffff;
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN, keccak256('Demo Smart Account'), keccak256('1'), block.chainid, address(this)
            )
        );
        bytes32 wrapped =
            keccak256(abi.encodePacked(hex'1901', domain, keccak256(abi.encode(MESSAGE, digest))));
        address recovered = ecrecover(wrapped, uint8(signature[65]), bytes32(signature[1:33]), s);
        return recovered != address(0) && recovered == owner ? MAGIC : bytes4(0xffffffff);
    }

    receive() external payable {}
}
