package config

import (
	"errors"
	"net/netip"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var (
	errEmpty   = errors.New("has no value; give one or remove the key")
	errFeature = errors.New("anchors, aliases and tags are not supported; write the value out")
)

// literal takes only the YAML type its target has: 8080 is no text and "64" no
// number, whatever another reader of the same file would make of it.
func literal(target any, node ast.Node) (string, error) {
	switch node := node.(type) {
	case nil, *ast.NullNode:
		return "", errEmpty
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "", errFeature
	case *ast.IntegerNode, *ast.BoolNode:
		return node.GetToken().Value, mismatch(target, node)
	case *ast.LiteralNode:
		return node.Value.Value, mismatch(target, node)
	case *ast.StringNode:
		return node.Value, mismatch(target, node)
	}
	return "", mismatch(target, node)
}

func mismatch(target any, node ast.Node) error {
	kind := node.Type()
	text := kind == ast.StringType || kind == ast.LiteralType
	switch target.(type) {
	case *int:
		return unless(kind == ast.IntegerType, errInt)
	case *bool:
		return unless(kind == ast.BoolType, errBool)
	case *time.Duration:
		return unless(text, errDuration)
	case *[]netip.Prefix:
		return unless(text, errPrefix)
	}
	return unless(text, errText)
}

func unless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}
