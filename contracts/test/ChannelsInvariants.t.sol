// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Amounts, ChannelId, IChannels} from '../src/interfaces/IChannels.sol';
import {ChannelsTest} from './support/ChannelsTest.sol';
import {PlainToken, SilentToken} from './support/HostileTokens.sol';
import {Test, Vm} from './support/Test.sol';

/// Drives six channels, two each in ether, in the dollar and in a token that returns nothing, through arbitrary
/// histories. Beside the contract's books it keeps three of its own: a model of every channel, what everybody ought
/// to own, and the state that the logs alone tell. It says which rule an act broke.
contract ChannelsActor is ChannelsTest {
    uint256 public constant CHANNELS = 6;
    uint256 public constant ASSETS = 3;
    uint256 private constant RICH = 2 ** 100;

    /// What a channel ought to be.
    struct Model {
        uint256 deposited;
        uint256 claimed;
        uint256 closeAt;
        uint256 epoch;
    }

    Model[6] private models;
    /// The same, rebuilt from the logs.
    Model[6] private replayed;
    mapping(ChannelId => uint256) private numbers;
    /// Newest claim signed in an earlier epoch, to be tried again.
    bytes[6] private old;
    uint96[6] private oldCumulative;

    /// Per channel: all that the payer paid in and got back. Per asset: all that the payee got, and what was donated.
    uint256[6] public paidIn;
    uint256[6] public refunded;
    uint256[3] public earned;
    uint256[3] public donated;

    SilentToken public silent;
    bool private succeeded;
    /// The rule that was broken, if any.
    string public broken;

    function setUp() public override {
        super.setUp();
        silent = new SilentToken();
        for (uint256 i = 0; i < CHANNELS; ++i) {
            IChannels.Key memory each = keyOf(i);
            numbers[channels.channelId(each)] = i + 1;
            vm.deal(each.payer, RICH);
            silent.mint(each.payer, RICH);
            vm.prank(FAUCET);
            dollar.mint(each.payer, i == 0 ? RICH - 1_000_000e6 : RICH);
            vm.startPrank(each.payer);
            dollar.approve(address(channels), type(uint256).max);
            silent.approve(address(channels), type(uint256).max);
            vm.stopPrank();
        }
    }

    function theChannels() external view returns (IChannels) {
        return channels;
    }

    /// Channels of one asset share the payee. One of them has no expiry, the other lives eight days.
    function keyOf(uint256 number) public view returns (IChannels.Key memory chosen) {
        uint256 asset = number % ASSETS;
        chosen = key;
        chosen.payer = vm.addr(PAYER_KEY + number);
        chosen.payee = vm.addr(PAYEE_KEY + asset);
        chosen.token = asset == 0 ? address(0) : asset == 1 ? address(dollar) : address(silent);
        chosen.expiry = number < ASSETS ? 0 : uint40(START + 8 days);
        chosen.salt = bytes32(number);
    }

    function holdings(uint256 asset, address who) public view returns (uint256) {
        if (asset == 0) return who.balance;
        return asset == 1 ? dollar.balanceOf(who) : silent.balanceOf(who);
    }

    function modelOf(uint256 number) external view returns (Model memory model, Model memory told) {
        return (models[number], replayed[number]);
    }

    // The acts: what the model says must happen, and nothing else may

    function actOpen(uint256 number, uint96 amount, bool byAuthorization) external watched {
        number %= CHANNELS;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        amount = amountFrom(amount);
        bool may = model.deposited == 0 && amount != 0 && (chosen.expiry == 0 || chosen.expiry > block.timestamp);
        bool opened;
        if (byAuthorization && chosen.token == address(dollar)) {
            IChannels.Authorization memory authorization =
                authorizeBy(PAYER_KEY + number, chosen, amount, 0, 0, type(uint256).max);
            vm.prank(stranger);
            try channels.openWithAuthorization(chosen, amount, authorization) returns (ChannelId) {
                opened = true;
            } catch {}
        } else {
            vm.prank(chosen.payer);
            try channels.open{value: chosen.token == address(0) ? amount : 0}(chosen, amount) returns (ChannelId) {
                opened = true;
            } catch {}
        }
        expect(opened == may, 'a channel opens when it is not open, and only then');
        if (!opened) return;
        succeeded = true;
        model.deposited = amount;
        paidIn[number] += amount;
    }

    function actTopUp(uint256 number, uint96 amount, bool byAuthorization) external watched {
        number %= CHANNELS;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        amount = amountFrom(amount);
        bool may = model.deposited != 0 && amount != 0 && model.deposited + amount < 2 ** 96;
        bool done;
        if (byAuthorization && chosen.token == address(dollar)) {
            may = may && model.closeAt == 0;
            // No index twice: what was paid in has grown since.
            IChannels.Authorization memory authorization = authorizeBy(
                PAYER_KEY + number, chosen, amount, paidIn[number] + 1, 0, type(uint256).max
            );
            vm.prank(stranger);
            try channels.topUpWithAuthorization(chosen, amount, paidIn[number] + 1, authorization) {
                done = true;
            } catch {}
        } else {
            vm.prank(chosen.payer);
            try channels.topUp{value: chosen.token == address(0) ? amount : 0}(chosen, amount) {
                done = true;
            } catch {}
        }
        expect(done == may, 'an open channel can be topped up up to 96 bits, and no other');
        if (!done) return;
        succeeded = true;
        model.deposited += amount;
        model.closeAt = 0;
        paidIn[number] += amount;
    }

    /// By whom and in what manner the claim is signed and redeemed is at random.
    function actClaim(uint256 number, uint96 cumulative, uint256 manner) external watched {
        number %= CHANNELS;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        cumulative = claimFrom(model, cumulative);
        bool forged = manner % 4 == 0;
        bytes memory signature = signClaim(forged ? STRANGER_KEY : SIGNER_KEY, chosen, cumulative);
        uint256 due = forged ? 0 : dueOf(model, cumulative);
        uint256 paid;
        vm.prank(stranger);
        if (manner % 3 == 0) {
            try channels.claim(chosen, cumulative, compact(signature)) returns (uint256 paid_) {
                paid = paid_;
            } catch {}
        } else if (manner % 3 == 1) {
            IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](1);
            rows[0] = row(chosen, cumulative, signature);
            paid = channels.claimBatch(chosen.payee, chosen.token, rows);
        } else {
            paid = channels.claimPacked(chosen.payee, chosen.token, packedRow(chosen, cumulative, signature));
        }
        expect(paid == due, 'a valid claim is paid in full, a forged one not at all');
        if (!forged && model.deposited != 0) {
            old[number] = signature;
            oldCumulative[number] = cumulative;
        }
        succeeded = paid != 0;
        model.claimed += paid;
        earned[number % ASSETS] += paid;
    }

    /// Both channels of an asset in one batch, one of them twice, and a stranger's row in between.
    function actBatch(uint256 asset, uint96 first, uint96 second, bool packed) external watchedBatch {
        asset %= ASSETS;
        IChannels.Key memory a = keyOf(asset);
        IChannels.Key memory b = keyOf(asset + ASSETS);
        first = claimFrom(models[asset], first);
        second = claimFrom(models[asset + ASSETS], second);
        bytes memory signedA = signClaim(a, first);
        bytes memory signedB = signClaim(b, second);
        bytes memory forged = signClaim(STRANGER_KEY, b, type(uint96).max);
        uint256 due = dueOf(models[asset], first) + dueOf(models[asset + ASSETS], second);
        uint256 paid;
        if (packed) {
            bytes memory rows = abi.encodePacked(
                packedRow(a, first, signedA), packedRow(b, type(uint96).max, forged), packedRow(b, second, signedB)
            );
            paid = channels.claimPacked(a.payee, a.token, abi.encodePacked(rows, packedRow(a, first, signedA)));
        } else {
            IChannels.ClaimRow[] memory rows = new IChannels.ClaimRow[](4);
            rows[0] = row(a, first, signedA);
            rows[1] = row(b, type(uint96).max, forged);
            rows[2] = row(b, second, signedB);
            rows[3] = rows[0];
            paid = channels.claimBatch(a.payee, a.token, rows);
        }
        expect(paid == due, 'a batch pays what its rows are worth, each once');
        models[asset].claimed += dueOf(models[asset], first);
        models[asset + ASSETS].claimed += dueOf(models[asset + ASSETS], second);
        earned[asset] += paid;
    }

    /// A claim that was good once, presented again in whatever epoch it is now.
    function actReplay(uint256 number) external watched {
        number %= CHANNELS;
        if (old[number].length == 0) return;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        uint96 cumulative = oldCumulative[number];
        bytes memory now_ = signClaim(chosen, cumulative);
        uint256 due = keccak256(now_) == keccak256(old[number]) ? dueOf(model, cumulative) : 0;
        uint256 paid;
        try channels.claim(chosen, cumulative, compact(old[number])) returns (uint256 paid_) {
            paid = paid_;
        } catch {}
        expect(paid == due, 'a claim is worth nothing in another epoch');
        succeeded = paid != 0;
        model.claimed += paid;
        earned[number % ASSETS] += paid;
    }

    function actClose(uint256 number, uint96 capture, uint96 cumulative, uint256 manner) external watched {
        number %= CHANNELS;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        cumulative = claimFrom(model, cumulative);
        capture = manner % 5 == 0 ? claimFrom(model, capture) : uint96(bound(capture, model.claimed, model.deposited));
        bytes memory signature = signClaim(manner % 7 == 0 ? STRANGER_KEY : SIGNER_KEY, chosen, cumulative);
        bool may = model.deposited != 0 && capture >= model.claimed && capture <= model.deposited
            && (capture == model.claimed || (capture <= cumulative && manner % 7 != 0));
        bool done;
        if (manner % 2 == 0) {
            vm.prank(chosen.payee);
            try channels.close(chosen, capture, cumulative, signature) {
                done = true;
            } catch {}
        } else {
            uint256 byWhom = manner % 3 == 0 ? PAYER_KEY + number : PAYEE_KEY + number % ASSETS;
            may = may && manner % 3 != 0;
            bytes memory closing = signClose(byWhom, chosen, capture, uint40(block.timestamp));
            vm.prank(stranger);
            try channels.closeWithSignature(
                chosen, capture, cumulative, signature, uint40(block.timestamp), closing
            ) {
                done = true;
            } catch {}
        }
        expect(done == may, 'the payee closes at what his claim allows, nobody else does');
        if (!done) return;
        succeeded = true;
        earned[number % ASSETS] += capture - model.claimed;
        refunded[number] += model.deposited - capture;
        end(model);
    }

    function actRequestClose(uint256 number, uint256 manner) external watched {
        number %= CHANNELS;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        bool may = model.deposited != 0 && model.closeAt == 0 && manner % 4 != 3;
        uint256 byWhom = manner % 4 == 3 ? PAYEE_KEY + number % ASSETS : manner % 2 == 0 ? SIGNER_KEY : PAYER_KEY + number;
        bool done;
        if (manner % 8 < 4) {
            vm.prank(vm.addr(byWhom));
            try channels.requestClose(chosen) {
                done = true;
            } catch {}
        } else {
            bytes memory request = signRequestClose(byWhom, chosen, uint40(block.timestamp));
            vm.prank(stranger);
            try channels.requestCloseWithSignature(chosen, uint40(block.timestamp), request) {
                done = true;
            } catch {}
        }
        expect(done == may, 'payer and signer may ask once, nobody else may');
        if (!done) return;
        succeeded = true;
        model.closeAt = block.timestamp + chosen.grace;
    }

    function actWithdraw(uint256 number) external watched {
        number %= CHANNELS;
        IChannels.Key memory chosen = keyOf(number);
        Model storage model = models[number];
        bool may = model.deposited != 0
            && ((model.closeAt != 0 && block.timestamp >= model.closeAt)
                || (chosen.expiry != 0 && block.timestamp >= chosen.expiry));
        bool done;
        vm.prank(stranger);
        try channels.withdraw(chosen) {
            done = true;
        } catch {}
        expect(done == may, 'a withdrawal works when its time has come, and not before');
        if (!done) return;
        succeeded = true;
        refunded[number] += model.deposited - model.claimed;
        end(model);
    }

    /// A gift to the contract is nobody's.
    function actDonate(uint256 asset, uint64 amount) external watched {
        asset %= ASSETS;
        address giver = address(0x61F7);
        donated[asset] += amount;
        if (asset == 0) {
            vm.deal(address(channels), address(channels).balance + amount);
        } else if (asset == 1) {
            vm.prank(FAUCET);
            dollar.mint(giver, amount);
            vm.prank(giver);
            dollar.transfer(address(channels), amount);
        } else {
            silent.mint(address(channels), amount);
        }
    }

    function actWait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 2 days));
    }

    /// One second before, at, or one second after the moment a requested close is due.
    function actWaitForClose(uint256 number, uint256 offset) external {
        uint256 closeAt = models[number % CHANNELS].closeAt;
        if (closeAt == 0) return;
        uint256 moment = closeAt - 1 + (offset % 3);
        if (moment > block.timestamp) vm.warp(moment);
    }

    /// Everybody leaves: whatever happened before, nothing but gifts stays.
    function everybodyLeaves() external {
        vm.warp(block.timestamp + 400 days);
        for (uint256 i = 0; i < CHANNELS; ++i) {
            IChannels.Key memory chosen = keyOf(i);
            Model storage model = models[i];
            if (model.deposited == 0) continue;
            if (chosen.expiry == 0 && model.closeAt == 0) {
                vm.prank(chosen.payer);
                channels.requestClose(chosen);
                vm.warp(block.timestamp + chosen.grace);
            }
            channels.withdraw(chosen);
            refunded[i] += model.deposited - model.claimed;
            end(model);
        }
    }

    // The books

    function end(Model storage model) private {
        model.deposited = 0;
        model.claimed = 0;
        model.closeAt = 0;
        model.epoch += 1;
    }

    function dueOf(Model storage model, uint256 cumulative) private view returns (uint256) {
        uint256 reached = cumulative < model.deposited ? cumulative : model.deposited;
        return reached > model.claimed ? reached - model.claimed : 0;
    }

    /// Mostly a small amount, so that histories are long; now and then one at the limits.
    function amountFrom(uint96 seed) private pure returns (uint96) {
        if (seed % 16 == 0) return type(uint96).max - uint96(seed % 3);
        return uint96(bound(seed, seed % 16 == 1 ? 0 : 1, 1e9));
    }

    /// Around what is claimed and deposited.
    function claimFrom(Model storage model, uint96 seed) private view returns (uint96) {
        uint256 high = model.deposited + 2;
        return uint96(bound(seed, 0, high > type(uint96).max ? type(uint96).max : high));
    }

    function expect(bool held, string memory rule) private {
        if (!held && bytes(broken).length == 0) broken = rule;
    }

    /// At most one word changes, and the logs are read: of an act that succeeded, since the test runner keeps those
    /// of reverted calls as well.
    modifier watched() {
        vm.record();
        vm.recordLogs();
        succeeded = false;
        _;
        (, bytes32[] memory writes) = vm.accesses(address(channels));
        expect(writes.length <= 1, 'an act changes one word');
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (succeeded) read(logs);
    }

    modifier watchedBatch() {
        vm.recordLogs();
        _;
        read(vm.getRecordedLogs());
    }

    /// The state as the logs alone tell it.
    function read(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(channels)) continue;
            bytes32 topic = logs[i].topics[0];
            uint256 number = numbers[ChannelId.wrap(logs[i].topics[1])];
            expect(number != 0, 'every event is of a channel that exists');
            if (number == 0) return;
            Model storage told = replayed[number - 1];
            if (topic == IChannels.Opened.selector) {
                (,,,,, uint24 epoch, uint96 deposited) =
                    abi.decode(logs[i].data, (address, address, uint32, uint40, bytes32, uint24, uint96));
                expect(epoch == told.epoch, 'a life begins in the epoch that the last one left');
                told.deposited = deposited;
            } else if (topic == IChannels.CloseRequested.selector) {
                (, told.closeAt) = abi.decode(logs[i].data, (uint24, uint40));
            } else if (topic != IChannels.ClaimSkipped.selector) {
                uint256 amounts_ = abi.decode(logs[i].data, (uint256));
                expect(amounts_ >> 192 == told.epoch, 'an event names its epoch');
                uint256 first = uint96(amounts_ >> 96);
                uint256 second = uint96(amounts_);
                if (topic == IChannels.ToppedUp.selector) {
                    expect(told.deposited + first == second, 'a top-up says by how much and to what');
                    told.deposited = second;
                    told.closeAt = 0;
                } else if (topic == IChannels.Claimed.selector) {
                    expect(told.claimed + first == second, 'a claim says what was paid and in total');
                    told.claimed = second;
                } else {
                    expect(first + second == told.deposited, 'an end divides the deposit');
                    told.deposited = 0;
                    told.claimed = 0;
                    told.closeAt = 0;
                    told.epoch += 1;
                }
            }
        }
    }
}

contract ChannelsInvariantsTest is Test {
    ChannelsActor private actor;
    IChannels private channels;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        actor = new ChannelsActor();
        actor.setUp();
        channels = actor.theChannels();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = ChannelsActor.actOpen.selector;
        selectors[1] = ChannelsActor.actTopUp.selector;
        selectors[2] = ChannelsActor.actClaim.selector;
        selectors[3] = ChannelsActor.actBatch.selector;
        selectors[4] = ChannelsActor.actReplay.selector;
        selectors[5] = ChannelsActor.actClose.selector;
        selectors[6] = ChannelsActor.actRequestClose.selector;
        selectors[7] = ChannelsActor.actWithdraw.selector;
        selectors[8] = ChannelsActor.actDonate.selector;
        selectors[9] = ChannelsActor.actWait.selector;
        selectors[10] = ChannelsActor.actWaitForClose.selector;
        selectors[11] = ChannelsActor.actOpen.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(actor), selectors);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    /// What is here is exactly what is owed and what was given; nothing is lost and nothing is made.
    function invariant_the_balance_is_what_is_owed() public view {
        uint256[3] memory owed;
        for (uint256 i = 0; i < actor.CHANNELS(); ++i) {
            IChannels.State memory state = channels.getChannel(channels.channelId(actor.keyOf(i)));
            assertTrue(state.claimed <= state.deposited, 'claimed is within the deposit');
            assertTrue(state.deposited != 0 || state.closeAt == 0, 'only an open channel is closing');
            owed[i % 3] += state.deposited - state.claimed;
        }
        for (uint256 asset = 0; asset < 3; ++asset) {
            assertEq(actor.holdings(asset, address(channels)), owed[asset] + actor.donated(asset), 'held');
        }
    }

    /// A claim that is better than the best one pays the difference, a withdrawal waits for its time, and so on: the
    /// acts check it, and say here what was broken.
    function invariant_every_act_did_what_the_rules_say() public view {
        assertTrue(bytes(actor.broken()).length == 0, actor.broken());
    }

    /// Deposit, claims, date and epoch are what the model says; no act touched another channel.
    function invariant_every_channel_is_what_its_history_makes_it() public view {
        for (uint256 i = 0; i < actor.CHANNELS(); ++i) {
            IChannels.State memory state = channels.getChannel(channels.channelId(actor.keyOf(i)));
            (ChannelsActor.Model memory model,) = actor.modelOf(i);
            assertEq(state.deposited, model.deposited, 'deposited');
            assertEq(state.claimed, model.claimed, 'claimed');
            assertEq(state.closeAt, model.closeAt, 'closeAt');
            assertEq(state.epoch, model.epoch, 'epoch');
        }
    }

    function invariant_the_logs_alone_tell_the_same_state() public view {
        for (uint256 i = 0; i < actor.CHANNELS(); ++i) {
            (ChannelsActor.Model memory model, ChannelsActor.Model memory told) = actor.modelOf(i);
            assertTrue(keccak256(abi.encode(model)) == keccak256(abi.encode(told)), 'the same');
        }
    }

    /// Payees have what was claimed, payers what was not, and everybody else nothing.
    function invariant_payee_and_payer_are_paid_and_nobody_else() public view {
        for (uint256 i = 0; i < actor.CHANNELS(); ++i) {
            IChannels.Key memory key = actor.keyOf(i);
            assertEq(
                actor.holdings(i % 3, key.payer), 2 ** 100 - actor.paidIn(i) + actor.refunded(i), 'what a payer has'
            );
            assertEq(actor.holdings(i % 3, key.payee), actor.earned(i % 3), 'what a payee has');
            assertEq(actor.holdings(i % 3, key.signer), 0, 'what the signer has');
            assertEq(actor.holdings(i % 3, vm.addr(0xBAD)), 0, 'what a stranger has');
        }
    }

    /// However a history went, all can leave, and then only gifts are left.
    function afterInvariant() public {
        actor.everybodyLeaves();
        for (uint256 asset = 0; asset < 3; ++asset) {
            assertEq(actor.holdings(asset, address(channels)), actor.donated(asset), 'only gifts are left');
        }
        invariant_payee_and_payer_are_paid_and_nobody_else();
    }
}
