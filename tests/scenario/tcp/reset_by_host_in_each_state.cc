// SPDX-License-Identifier: Apache-2.0
//
// When the host's side breaks, the guest is told; SYN-SENT has nobody to tell yet, and TIME-WAIT
// nobody left.
#include "scenario.hh"

namespace nsrun::tcp {

// The client has left before the guest answered; its SYN is refused when it comes.
TEST_P(Scenario, ResetByHostInSynSent) {
  host.client_arrives();
  relay.sends(syn());
  flow.is(State::kSynSent);
  host.resets();
  flow.is(State::kClosed);
  flow.has_no_deadline();
}

TEST_P(Scenario, ResetByHostInSynReceived) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack());
  flow.is(State::kSynReceived);
  host.resets();
  relay.sends(rst_ack().seq(1).ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInEstablished) {
  guest_connected();
  flow.is(State::kEstablished);
  host.resets();
  relay.sends(rst_ack().seq(1).ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInFinWait1) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  flow.is(State::kFinWait1);
  host.resets();
  relay.sends(rst_ack().seq(2).ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInFinWait2) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  flow.is(State::kFinWait2);
  host.resets();
  relay.sends(rst_ack().seq(2).ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInCloseWait) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  flow.is(State::kCloseWait);
  host.resets();
  relay.sends(rst_ack().seq(1).ack(2));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInClosing) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin().ack(1));
  relay.sends(ack(2));
  flow.is(State::kClosing);
  host.resets();
  relay.sends(rst_ack().seq(2).ack(2));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInLastAck) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  host.ends();
  relay.sends(fin());
  flow.is(State::kLastAck);
  host.resets();
  relay.sends(rst_ack().seq(2).ack(2));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, ResetByHostInTimeWait) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin());
  relay.sends(ack(2));
  flow.is(State::kTimeWait);
  host.resets();
  flow.is(State::kClosed);
  relay.is_silent();
}

}  // namespace nsrun::tcp
