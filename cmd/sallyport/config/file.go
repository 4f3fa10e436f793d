package config

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// file reports whether the file could be read as YAML at all.
func (l *loader) file() bool {
	at := Problem{Source: l.path}
	content, err := read(l.path)
	if err != nil {
		l.fail(at, "cannot read the file: %v", err)
		return false
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		l.fail(at, "is not UTF-8 text")
		return false
	}
	return l.document(at, content)
}

func (l *loader) document(at Problem, content []byte) bool {
	parsed, err := parse(content)
	if err != nil {
		at.Line, at.Message = syntax(err)
		l.problems = append(l.problems, at)
		return false
	}
	for i, document := range parsed.Docs {
		if i > 0 {
			at.Line = line(document.Start)
			l.fail(at, "only one document a file")
			return false
		}
		l.section(at, "", document.Body)
	}
	return true
}

// Duplicate keys are left to section, which reports every one of them where
// the parser would stop at the first.
func parse(content []byte) (*ast.File, error) {
	return parser.ParseBytes(content, 0, parser.AllowDuplicateMapKey())
}

// syntax keeps only the fixed words of the parser: what it quotes, and the
// excerpt in its Error, may be a secret.
func syntax(err error) (int, string) {
	var detail yaml.Error
	if !errors.As(err, &detail) {
		return 0, "is not YAML"
	}
	words, _, _ := strings.Cut(detail.GetMessage(), `"`)
	return line(detail.GetToken()), "is not YAML: " + strings.TrimRight(words, ": ")
}
