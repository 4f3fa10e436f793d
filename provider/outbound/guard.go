package outbound

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

// guard says which addresses are dialled: those the operator allows, and public ones where public is set.
type guard struct {
	allow  []netip.Prefix
	public bool
}

// control is asked by net.Dialer with the address that it is about to connect to. A name may have had ten answers, and other
// ones a second ago (rebinding): this is the one that counts.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address to dial: %w", err)
	}
	if !g.permits(a.Addr()) {
		return fmt.Errorf("%s may not be dialled", a.Addr())
	}
	return nil
}

func (g guard) permits(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	for _, p := range g.allow {
		if p.Contains(a) {
			return true
		}
	}
	if translated.Contains(a) {
		b := a.As16()
		return g.permits(netip.AddrFrom4([4]byte(b[12:])))
	}
	return g.public && public(a)
}

// translated is where an IPv6-only network finds IPv4 (RFC 6052): the last four bytes say who it is.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// global is all of IPv6 that was ever handed out for the public (RFC 4291); what is outside is not the Internet.
var global = netip.MustParsePrefix("2000::/3")

// special is what looks public and is not: the IANA special-purpose registries (RFC 6890), shared address space (RFC 6598),
// tunnels that carry another address inside (RFC 3056, RFC 4380), and the host agent that Azure shows to its machines.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

func prefixes(all ...string) (out []netip.Prefix) {
	for _, p := range all {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !global.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
