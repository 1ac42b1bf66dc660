// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who signed a digest
/// @notice ECDSA in its one canonical form (65 bytes, low s, v 27 or 28), then ERC-1271. ECDSA comes first so that
/// an account with both a key and code (EIP-7702) may use its key.
library Signatures {
    /// Half the order of secp256k1 (EIP-2): a larger s is the mirror image of a signature, which anybody can make.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    bytes4 private constant ERC1271_MAGIC = 0x1626ba7e;

    /// The address that signed, or zero if the signature is not canonical.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        if (signature.length != 65) return address(0);
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        if (uint256(s) > HALF_ORDER || (v != 27 && v != 28)) return address(0);
        return ecrecover(digest, v, r, s);
    }

    /// @param gasLimit The most gas a contract wallet may burn while it decides.
    function isSignedBy(address signer, bytes32 digest, bytes calldata signature, uint256 gasLimit)
        internal
        view
        returns (bool)
    {
        address recovered = recover(digest, signature);
        if (recovered != address(0) && recovered == signer) return true;
        return isAcceptedBy(signer, digest, signature, gasLimit);
    }

    /// ERC-1271. Takes 32 bytes of the answer and no more, so that a wallet cannot make its caller pay for memory.
    function isAcceptedBy(address wallet, bytes32 digest, bytes calldata signature, uint256 gasLimit)
        internal
        view
        returns (bool accepted)
    {
        if (wallet.code.length == 0) return false;
        bytes memory question = abi.encodeWithSelector(ERC1271_MAGIC, digest, signature);
        assembly ('memory-safe') {
            let answered := staticcall(gasLimit, wallet, add(question, 32), mload(question), 0, 32)
            // The whole word must be the selector padded with zeros.
            accepted := and(and(answered, gt(returndatasize(), 31)), eq(mload(0), shl(224, 0x1626ba7e)))
        }
    }
}
