// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from './interfaces/IChannels.sol';

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IERC2612 {
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;
}

interface IERC3009 {
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
    ) external;
}

interface IERC3009Bytes {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}

/// @title Moving ETH and tokens
/// @notice Tokens that return nothing are fine; tokens that return false, revert, or are no contract are not.
library Transfers {
    /// Pulls `amount` from `from` by allowance.
    function pull(address token, address from, uint96 amount) internal {
        bytes4 selector = IERC20.transferFrom.selector;
        bool pulled;
        assembly ('memory-safe') {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 4), from)
            mstore(add(input, 36), address())
            mstore(add(input, 68), amount)
            pulled := call(gas(), token, 0, input, 100, 0, 32)
        }
        if (!_isYes(token, pulled)) revert IChannels.DepositFailed(_answer());
    }

    /// Pulls `amount` from `from` by EIP-3009. 65 bytes go to the function with v, r and s, which every such token
    /// has; any other length to the one with `bytes`, for contract wallets.
    function pullWithAuthorization(
        address token,
        address from,
        uint96 amount,
        bytes32 nonce,
        IChannels.Authorization calldata authorization
    ) internal {
        bytes calldata signature = authorization.signature;
        if (signature.length == 65) {
            _checkedCall(
                token,
                abi.encodeCall(
                    IERC3009.receiveWithAuthorization,
                    (
                        from,
                        address(this),
                        amount,
                        authorization.validAfter,
                        authorization.validBefore,
                        nonce,
                        uint8(signature[64]),
                        bytes32(signature[0:32]),
                        bytes32(signature[32:64])
                    )
                )
            );
        } else {
            _checkedCall(
                token,
                abi.encodeCall(
                    IERC3009Bytes.receiveWithAuthorization,
                    (
                        from,
                        address(this),
                        amount,
                        authorization.validAfter,
                        authorization.validBefore,
                        nonce,
                        signature
                    )
                )
            );
        }
    }

    /// Sets an allowance by EIP-2612 and forgives a failure: a front-runner may have submitted the same permit.
    function tryPermit(address token, address owner, IChannels.Permit calldata permit) internal {
        (bool ignored,) = token.call(
            abi.encodeCall(
                IERC2612.permit, (owner, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s)
            )
        );
        ignored;
    }

    /// Pays out; an amount of 0 makes no call. Copies nothing that the recipient of ETH returns.
    function pay(address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        bool paid;
        if (token == address(0)) {
            assembly ('memory-safe') {
                paid := call(gas(), to, amount, 0, 0, 0, 0)
            }
        } else {
            bytes4 selector = IERC20.transfer.selector;
            assembly ('memory-safe') {
                let input := mload(0x40)
                mstore(input, selector)
                mstore(add(input, 4), to)
                mstore(add(input, 36), amount)
                paid := call(gas(), token, 0, input, 68, 0, 32)
            }
            paid = _isYes(token, paid);
        }
        if (!paid) revert IChannels.PayoutFailed(to);
    }

    /// What this contract holds of a token. Refuses an address without code, which would hold anything.
    function balance(address token) internal view returns (uint256 held) {
        bytes4 selector = IERC20.balanceOf.selector;
        bool answered;
        assembly ('memory-safe') {
            mstore(0, selector)
            mstore(4, address())
            answered := staticcall(gas(), token, 0, 36, 0, 32)
            answered := and(answered, gt(returndatasize(), 31))
            held := mload(0)
        }
        if (!answered) revert IChannels.DepositFailed(_answer());
    }

    function _checkedCall(address token, bytes memory data) private {
        bool succeeded;
        assembly ('memory-safe') {
            succeeded := call(gas(), token, 0, add(data, 32), mload(data), 0, 32)
        }
        if (!_isYes(token, succeeded)) revert IChannels.DepositFailed(_answer());
    }

    /// Of the last call: that it succeeded and returned nothing (from a contract) or a first word of exactly 1.
    function _isYes(address token, bool succeeded) private view returns (bool yes) {
        assembly ('memory-safe') {
            switch returndatasize()
            case 0 { yes := and(succeeded, gt(extcodesize(token), 0)) }
            default { yes := and(and(succeeded, gt(returndatasize(), 31)), eq(mload(0), 1)) }
        }
    }

    /// All that the last call said.
    function _answer() private pure returns (bytes memory answer) {
        assembly ('memory-safe') {
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 32), 0, returndatasize())
            mstore(0x40, and(add(add(answer, returndatasize()), 63), not(31)))
        }
    }
}
