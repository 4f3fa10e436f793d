package config

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

var (
	errInt      = errors.New("must be a whole number, without quotes, units or leading zeros")
	errBool     = errors.New("must be true or false")
	errDuration = errors.New(`must be a duration such as "30s", "10m", "12h" or "30d"`)
	errText     = errors.New("must be text; put the value in quotes")
	errList     = errors.New("must be a list, one value a line after a dash")
	errPrefix   = errors.New("must be an address or a network such as 127.0.0.1 or 10.0.0.0/8")
	errHostBits = errors.New("has bits set beyond the length of the network")
	errEveryone = errors.New("must not cover every address")
)

// Hexadecimal, underscores and leading zeros mean different numbers to
// different YAML readers, so only plain decimals pass.
func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		return 0, errInt
	}
	return n, nil
}

func parseBool(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errBool
	}
	return text == "true", nil
}

func parseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	whole, err := strconv.ParseUint(days, 10, 16)
	if text == "" || err != nil {
		return 0, errDuration
	}
	clock, err := time.ParseDuration("0s" + rest) // the 0s lets rest be empty and refuses a sign
	total := time.Duration(whole)*day + clock
	if err != nil || total < 0 {
		return 0, errDuration
	}
	return total, nil
}

func formatDuration(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func parsePrefix(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if addr, lone := netip.ParseAddr(text); lone == nil && addr.Zone() == "" {
		prefix, err = addr.Unmap().Prefix(addr.Unmap().BitLen())
	}
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return netip.Prefix{}, errPrefix
	case prefix.Bits() == 0:
		return netip.Prefix{}, errEveryone
	case prefix != prefix.Masked():
		return netip.Prefix{}, errHostBits
	}
	return prefix, nil
}
