package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// String gives the effective configuration as YAML with secrets redacted;
// without secrets, Load reads it back to an equal Config.
func (c Config) String() string {
	var out strings.Builder
	open := ""
	for _, s := range c.settings() {
		section, key, nested := strings.Cut(s.path, ".")
		if nested && section != open {
			fmt.Fprintf(&out, "%s:\n", section)
			open = section
		}
		if nested {
			fmt.Fprintf(&out, "  %s: %s\n", key, literalOf(s.target))
			continue
		}
		fmt.Fprintf(&out, "%s: %s\n", s.path, literalOf(s.target))
	}
	return out.String()
}

// MarshalJSON gives nested objects with the keys of the file, durations as
// text and secrets redacted.
func (c Config) MarshalJSON() ([]byte, error) {
	root := map[string]any{}
	for _, s := range c.settings() {
		section, key, nested := strings.Cut(s.path, ".")
		object := root
		if nested {
			object = child(root, section)
		} else {
			key = section
		}
		object[key] = json.RawMessage(literalOf(s.target))
	}
	return json.Marshal(root)
}

func child(root map[string]any, section string) map[string]any {
	object, ok := root[section].(map[string]any)
	if !ok {
		object = map[string]any{}
		root[section] = object
	}
	return object
}

// LogValue gives one attribute for every key, dotted, with secrets redacted.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, s := range c.settings() {
		attrs = append(attrs, slog.String(s.path, strings.Trim(literalOf(s.target), `"`)))
	}
	return slog.GroupValue(attrs...)
}

// literalOf gives a literal that is JSON and YAML at once.
func literalOf(target any) string {
	value := target
	switch target := target.(type) {
	case *time.Duration:
		value = formatDuration(*target)
	case *[]netip.Prefix:
		value = append([]netip.Prefix{}, *target...) // null would not load again
	}
	text, _ := json.Marshal(value) // no type of a setting can fail
	return string(text)
}
