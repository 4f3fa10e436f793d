package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with the configuration; Message never contains a
// configured text.
type Problem struct {
	Source  string // the file as given to Load or the environment variable; empty where neither set it
	Line    int    // in the file from 1; 0 for a variable and for what is set nowhere
	Path    string // the key, dotted: database.url; empty where no key is concerned
	Message string

	related string // the other key of a cross-field rule
}

// String gives "config.yaml:12: database.url: message", or the variable in
// place of file and line.
func (p Problem) String() string {
	where := p.Source
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.Source, p.Line)
	}
	parts := []string{where, p.Path, p.Message}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
}

// Errors is every problem of one Load in order of line, those without a line
// first; it is never empty when returned as an error.
type Errors []Problem

// Error gives one problem a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, problem := range e {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

func (e Errors) sort() {
	slices.SortFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
}
