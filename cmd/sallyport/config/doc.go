// Package config owns the settings of the sallyport binary: one strict YAML
// file, the environment over it, secrets read from files, and the rules the
// result must obey. Package cmd/sallyport calls Load once and hands the values
// on; nothing below cmd imports this package.
//
// It does not own what a setting does, opens no port and no database, and
// creates nothing on disk. It never repeats a value from the file or the
// environment in an error, because a secret pasted under the wrong key is
// still a secret.
//
// Dependency: github.com/goccy/go-yaml, for its syntax tree. Every node knows
// its line, which the decoders built on yaml.v3 structs lose, and it has no
// dependencies of its own.
package config
