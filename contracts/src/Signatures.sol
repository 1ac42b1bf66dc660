// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who signed a digest
/// @notice ECDSA with low s (65 bytes, or 64 as of EIP-2098), then ERC-1271. ECDSA comes first so that an account
/// with both a key and code (EIP-7702) may use its key.
library Signatures {
    /// Half the order of secp256k1 (EIP-2): a larger s is the mirror image of a signature, which anybody can make.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    bytes4 private constant ERC1271_MAGIC = 0x1626ba7e;

    /// @param gasLimit The most gas a contract wallet may burn while it decides.
    function isSignedBy(address signer, bytes32 digest, bytes calldata signature, uint256 gasLimit)
        internal
        view
        returns (bool)
    {
        bytes32 r;
        uint256 vs;
        assembly ('memory-safe') {
            r := calldataload(signature.offset)
            vs := calldataload(add(signature.offset, 32))
        }
        if (signature.length == 64) {
            if (isRecoveredFrom(signer, digest, r, vs)) return true;
        } else if (signature.length == 65) {
            uint256 v;
            assembly ('memory-safe') {
                v := byte(0, calldataload(add(signature.offset, 64)))
            }
            if (isRecoveredFrom(signer, digest, r, vs, v)) return true;
        }
        return isAcceptedBy(signer, digest, signature, gasLimit);
    }

    /// Whether this is `signer`'s signature: s with v − 27 in its highest bit (EIP-2098).
    function isRecoveredFrom(address signer, bytes32 digest, bytes32 r, uint256 vs) internal view returns (bool) {
        return isRecoveredFrom(signer, digest, r, (vs << 1) >> 1, (vs >> 255) + 27);
    }

    /// Whether this is `signer`'s signature. Nobody is zero, so that a failed recovery is nobody's.
    function isRecoveredFrom(address signer, bytes32 digest, bytes32 r, uint256 s, uint256 v)
        internal
        view
        returns (bool recovered)
    {
        assembly ('memory-safe') {
            let input := mload(0x40)
            mstore(input, digest)
            // The precompile refuses a v other than 27 and 28 by itself: it answers nothing, and zero stays.
            mstore(add(input, 32), v)
            mstore(add(input, 64), r)
            mstore(add(input, 96), s)
            mstore(0, 0)
            pop(staticcall(gas(), 1, input, 128, 0, 32))
            recovered := and(and(eq(mload(0), signer), gt(signer, 0)), iszero(gt(s, HALF_ORDER)))
        }
    }

    /// ERC-1271. Takes 32 bytes of the answer and no more, so that a wallet cannot make its caller pay for memory. Where
    /// no contract lives there is no answer.
    function isAcceptedBy(address wallet, bytes32 digest, bytes calldata signature, uint256 gasLimit)
        internal
        view
        returns (bool accepted)
    {
        bytes memory question = abi.encodeWithSelector(ERC1271_MAGIC, digest, signature);
        assembly ('memory-safe') {
            let answered := staticcall(gasLimit, wallet, add(question, 32), mload(question), 0, 32)
            // The whole word must be the selector padded with zeros.
            accepted := and(and(answered, gt(returndatasize(), 31)), eq(mload(0), shl(224, 0x1626ba7e)))
        }
    }
}
