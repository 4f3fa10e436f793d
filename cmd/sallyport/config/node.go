package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A line broken in the wrong place turns its value into a key, so only what
// looks like a key is repeated in an error.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

func (l *loader) section(at Problem, prefix string, node ast.Node) {
	entries, ok := pairs(node)
	if !ok {
		at.Line = cmp.Or(at.Line, line(node.GetToken()))
		l.fail(at, "must be a section of keys")
		return
	}
	seen := map[string]int{}
	for _, entry := range entries {
		at.Line = line(entry.Key.GetToken())
		l.entry(at, prefix, entry, seen)
	}
}

func (l *loader) entry(at Problem, prefix string, entry *ast.MappingValueNode, seen map[string]int) {
	name, ok := entry.Key.(*ast.StringNode)
	if !ok || !plainKey.MatchString(name.Value) {
		l.fail(at, "contains something that is not a key; sections are nested, not dotted")
		return
	}
	at.Path = prefix + name.Value
	if first, again := seen[at.Path]; again {
		l.fail(at, "duplicate key, first on line %d", first)
		return
	}
	seen[at.Path] = at.Line
	l.value(at, entry.Value)
}

func (l *loader) value(at Problem, node ast.Node) {
	target, known := l.targets[at.Path]
	_, list := target.(*[]netip.Prefix)
	switch {
	case list:
		l.list(at, node)
	case known:
		l.scalar(at, target, node)
	case l.opens(at.Path + "."):
		l.section(at, at.Path+".", node)
	default:
		l.fail(at, "unknown key, did you mean %s?", nearestKey(at.Path, l.targets))
	}
}

func (l *loader) opens(prefix string) bool {
	for path := range l.targets {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func (l *loader) list(at Problem, node ast.Node) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		l.fail(at, "%v", errList)
		return
	}
	l.origins[at.Path] = at
	target := l.targets[at.Path]
	for i, element := range sequence.Values {
		here := Problem{Source: l.path, Line: line(element.GetToken()), Path: fmt.Sprintf("%s[%d]", at.Path, i)}
		l.scalar(here, target, element)
	}
}

func (l *loader) scalar(at Problem, target any, node ast.Node) {
	l.origins[at.Path] = at
	text, err := literal(target, node)
	if err != nil {
		l.fail(at, "%v", err)
		return
	}
	l.assign(at, target, text)
}

func pairs(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch node := node.(type) {
	case nil, *ast.NullNode: // every key of the section is commented out
		return nil, true
	case *ast.MappingNode:
		return node.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, true
	}
	return nil, false
}

func line(at *token.Token) int {
	if at == nil || at.Position == nil {
		return 0
	}
	return at.Position.Line
}
