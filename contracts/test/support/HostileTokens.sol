// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from '../../src/interfaces/IChannels.sol';

/// The least an ERC-20 can be; the tokens below each break one habit of it.
contract PlainToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function _move(address from, address to, uint256 value) internal virtual {
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }

    function _spend(address from, uint256 value) internal {
        allowance[from][msg.sender] -= value;
    }
}

contract StandardToken is PlainToken {
    function transfer(address to, uint256 value) external virtual returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external virtual returns (bool) {
        _spend(from, value);
        _move(from, to, value);
        return true;
    }
}

/// Returns nothing, as some old and large tokens do.
contract SilentToken is PlainToken {
    function transfer(address to, uint256 value) external {
        _move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        _spend(from, value);
        _move(from, to, value);
    }
}

/// Says false instead of reverting, when told to.
contract FalseToken is StandardToken {
    bool public refuses;

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function transfer(address to, uint256 value) external override returns (bool) {
        if (refuses) return false;
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external override returns (bool) {
        if (refuses) return false;
        _move(from, to, value);
        return true;
    }
}

/// Refuses every transfer with a reason of its own, when told to.
contract RevertingToken is StandardToken {
    error NotToday();

    bool public refuses;

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function _move(address from, address to, uint256 value) internal override {
        if (refuses) revert NotToday();
        super._move(from, to, value);
    }
}

/// Reverts without a word, or with the very word that others say for yes, when told to.
contract MuteToken is StandardToken {
    uint256 public refusal;

    /// 0: moves; 1: reverts with nothing; 2: reverts with the word `true`.
    function refuse(uint256 refusal_) external {
        refusal = refusal_;
    }

    function _move(address from, address to, uint256 value) internal override {
        uint256 how = refusal;
        if (how == 0) return super._move(from, to, value);
        assembly {
            mstore(0, 1)
            revert(0, mul(32, sub(how, 1)))
        }
    }
}

/// Changes every balance by itself, as rebasing tokens do.
contract RebasingToken is StandardToken {
    function rebase(address account, uint256 balance) external {
        balanceOf[account] = balance;
    }
}

/// Pays one deposit and has it measured twice: while a deposit is moved in, it opens another channel, and moves
/// nothing for the first.
contract FreeRidingToken is StandardToken {
    address private target;
    bytes private call;

    function prepare(address spender, uint256 value) external {
        balanceOf[address(this)] += value;
        allowance[address(this)][spender] += value;
    }

    function ride(address target_, bytes calldata call_) external {
        target = target_;
        call = call_;
    }

    function transferFrom(address from, address to, uint256 value) external override returns (bool) {
        if (target == address(0)) {
            _spend(from, value);
            _move(from, to, value);
            return true;
        }
        address callee = target;
        target = address(0);
        (bool done, bytes memory said) = callee.call(call);
        if (done) return true;
        assembly {
            revert(add(said, 32), mload(said))
        }
    }
}

/// Moves in whatever is asked for, from anybody, without anybody's consent.
contract FreeToken is StandardToken {
    function receiveWithAuthorization(
        address,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external {
        balanceOf[to] += value;
    }
}

/// Will not say what anybody holds, or says it in a byte too few.
contract SecretiveToken {
    error NotTelling();

    bool public mumbles;

    function mumble(bool mumbles_) external {
        mumbles = mumbles_;
    }

    function balanceOf(address) external view returns (uint256) {
        if (!mumbles) revert NotTelling();
        assembly {
            mstore(0, 0)
            return(0, 31)
        }
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return true;
    }
}

/// Answers true or false where EIP-3009 asks for no answer.
contract TalkativeToken is StandardToken {
    bool public refuses;

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external returns (bool) {
        _move(from, to, value);
        return !refuses;
    }
}

/// Keeps one unit of every transfer.
contract FeeToken is StandardToken {
    function _move(address from, address to, uint256 value) internal override {
        balanceOf[from] -= value;
        balanceOf[to] += value - 1;
    }
}

/// Says true and moves nothing.
contract LyingToken is StandardToken {
    function _move(address, address, uint256) internal override {}
}

/// Calls back into the channels in the middle of a transfer.
contract ReentrantToken is StandardToken {
    address private target;
    bytes private call;
    bool public succeeded;

    function reenter(address target_, bytes calldata call_) external {
        target = target_;
        call = call_;
    }

    function _move(address from, address to, uint256 value) internal override {
        super._move(from, to, value);
        if (target == address(0)) return;
        address callee = target;
        target = address(0);
        (succeeded,) = callee.call(call);
    }
}

/// A payee or payer that does as told with the ETH it is sent.
contract Recipient {
    enum Manner {
        Accept,
        Revert,
        BurnGas,
        Reenter
    }

    Manner public manner;
    address private target;
    bytes private call;
    bool public succeeded;

    function behave(Manner manner_) external {
        manner = manner_;
    }

    function reenter(address target_, bytes calldata call_) external {
        manner = Manner.Reenter;
        target = target_;
        call = call_;
    }

    function open(IChannels channels, IChannels.Key calldata key, uint96 amount) external {
        channels.open{value: amount}(key, amount);
    }

    function requestClose(IChannels channels, IChannels.Key calldata key) external {
        channels.requestClose(key);
    }

    receive() external payable {
        if (manner == Manner.Revert) revert();
        if (manner == Manner.BurnGas) while (true) {}
        if (manner == Manner.Reenter) (succeeded,) = target.call(call);
    }
}

/// A contract wallet: accepts what its key signed, or does as told.
contract Wallet {
    bytes4 private constant MAGIC = 0x1626ba7e;

    enum Manner {
        Honest,
        BurnGas,
        NoisyYes,
        Short
    }

    address private immutable key;
    Manner private manner;

    constructor(address key_) {
        key = key_;
    }

    function behave(Manner manner_) external {
        manner = manner_;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (manner == Manner.BurnGas) while (true) {}
        if (manner == Manner.NoisyYes) {
            assembly {
                mstore(0, not(0))
                mstore(0, or(shl(224, 0x1626ba7e), 1))
                return(0, 32)
            }
        }
        if (manner == Manner.Short) {
            assembly {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 4)
            }
        }
        // An own envelope (a marker byte first), so that it is never mistaken for a plain signature.
        if (signature.length != 66) return 0xffffffff;
        address recovered = ecrecover(
            digest, uint8(signature[65]), bytes32(signature[1:33]), bytes32(signature[33:65])
        );
        return recovered == key ? MAGIC : bytes4(0xffffffff);
    }
}
